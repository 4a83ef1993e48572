/** Which user a login goes on with: one that hangs, is slow, or is tied to another command keeps nobody else from working. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { asFirstUser } from "../../src/execute/first_user.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { LoginError } from "../../src/ssh/shell.ts";

/** How a user's login goes: after so long, with what. Longer than its time limit is a timeout. */
interface Login {
  readonly after?: number;
  readonly failure?: LoginError["failure"];
  /** It was done before it could be broken off. */
  readonly isDeaf?: boolean;
}

async function search(
  users: Readonly<Record<string, Login | readonly Login[]>>,
  { timeout = 2 * MINUTE, within = 3 * MINUTE, signal = new AbortController().signal } = {},
) {
  const clock = new VirtualClock();
  const [tried, dropped] = [[] as string[], [] as string[]];
  const begin = clock.now();
  let found: string | Error | null = null;
  let at = 0;
  const attempt = async (username: string, limits: { timeout: number; signal: AbortSignal }) => {
    tried.push(`${username} ${(clock.now() - begin) / SECOND}`);
    const logins = [users[username]!].flat();
    const nth = tried.filter((line) => line.startsWith(`${username} `)).length - 1;
    const { after = 0, failure, isDeaf = false } = logins[Math.min(nth, logins.length - 1)]!;
    await clock.sleep(Math.min(after, limits.timeout), isDeaf ? {} : { signal: limits.signal });
    if (after > limits.timeout) throw new LoginError("timeout", `${username}: time is up`);
    if (failure !== undefined) throw new LoginError(failure, `${username}: ${failure}`);
    return username;
  };
  const drop = (username: string) => {
    dropped.push(username);
    return Promise.resolve();
  };
  asFirstUser(Object.keys(users), { clock, timeout, signal, attempt, drop })
    .then((username) => found = username, (error) => found = error)
    .finally(() => at = (clock.now() - begin) / SECOND);
  await clock.advance(within);
  assert.equal(clock.sleeping, 0, "nothing goes on behind it");
  return { found: found as string | Error | null, tried, dropped, at };
}

Deno.test("a user whom the server refuses, or whose key is tied to another command, is followed by the next at once", async () => {
  for (const failure of ["auth", "account", "command"] as const) {
    const { found, tried } = await search({ root: { failure }, ubuntu: {} });
    assert.deepEqual([found, tried], ["ubuntu", ["root 0", "ubuntu 0"]]);
  }
});

Deno.test("a server that cannot be reached is not asked for the next user", async () => {
  for (const failure of ["network", "handshake", "hostKey"] as const) {
    const { found, tried } = await search({ root: { failure }, ubuntu: {} });
    assert.ok(found instanceof LoginError && found.failure === failure);
    assert.deepEqual(tried, ["root 0"]);
  }
});

Deno.test("a login that is slow may take what there is, and works though others were begun beside it", async () => {
  const { found, at, tried } = await search({ root: { after: 100 * SECOND }, ubuntu: { failure: "auth" } });
  assert.deepEqual([found, at], ["root", 100]);
  assert.deepEqual(tried.slice(0, 2), ["root 0", "ubuntu 15"]);
});

Deno.test("a user whose login hangs does not keep the next ones from working", async () => {
  const { found, at } = await search({
    root: { after: Infinity },
    ubuntu: { failure: "auth" },
    debian: { after: 20 * SECOND },
  });
  assert.deepEqual([found, at], ["debian", 35]);
});

Deno.test("the only user gets another login beside one that never ends, as a server may have restarted", async () => {
  const { found, at } = await search({ debian: [{ after: Infinity }, {}] });
  assert.deepEqual([found, at], ["debian", 15]);
});

Deno.test("a login beside another that ends after it is given back", async () => {
  const { found, dropped } = await search({
    root: { after: 20 * SECOND, isDeaf: true },
    ubuntu: { after: SECOND },
  });
  assert.deepEqual([found, dropped], ["ubuntu", ["root"]]);
});

Deno.test("the failure told is that of the user whom the server let in", async () => {
  const { found } = await search({ root: { failure: "account" }, ubuntu: { failure: "auth" } });
  assert.equal((found as Error).message, "root: account");
  const refused = await search({ root: { failure: "auth" }, ubuntu: { failure: "auth" } });
  assert.equal((refused.found as Error).message, "ubuntu: auth");
});

Deno.test("time is up for all users together", async () => {
  const { found, at } = await search({ root: { after: Infinity }, ubuntu: { after: Infinity } });
  assert.deepEqual([(found as LoginError).failure, at], ["timeout", 120]);
});

Deno.test("the search ends with the reason of its abort", async () => {
  const stop = new AbortController();
  stop.abort(new Error("nodepool is stopping"));
  const { found } = await search({ root: { after: MINUTE } }, { signal: stop.signal });
  assert.equal((found as Error).message, "nodepool is stopping");
});
