/** How members are asked in turn, in virtual time: which is asked, how often, how long, and as whom. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { SendRequest, SendResponse } from "../../src/http/send.ts";
import { EtcdError } from "../../src/etcd/etcd.ts";
import { EtcdLine, type EtcdQuestion } from "../../src/etcd/etcd_line.ts";
import { EtcdLogin } from "../../src/etcd/etcd_login.ts";
import { EtcdMembers } from "../../src/etcd/etcd_members.ts";
import { VirtualClock } from "../virtual_clock.ts";

const { signal } = new AbortController();
const call = { signal };
const endpoints = ["https://e1:2379", "https://e2:2379", "https://e3:2379"];

const read = {
  path: "kv/range",
  body: {},
  schema: v.object({ by: v.string() }),
  what: "read keys",
  timeout: 1_500,
  repeatable: true,
} as const satisfies EtcdQuestion;

const write = { ...read, path: "kv/txn", what: "write keys", timeout: 4_000, repeatable: false } as const;

/** What a member does with a request; `silence`: nothing. */
type Answer = { readonly status: number; readonly body: unknown } | "silence" | CloudError;

/** Members by name (`e1`): what each answers, and what each was asked. */
function members(
  answer: (member: string, request: SendRequest, count: number) => Answer,
  user: string | null = null,
) {
  const clock = new VirtualClock();
  const asked: string[] = [];
  const send = async (request: SendRequest, options: { signal: AbortSignal }): Promise<SendResponse> => {
    const { hostname, pathname } = new URL(request.url);
    asked.push(`${hostname} ${pathname.slice("/v3/".length)}`);
    const given = answer(hostname, request, asked.length);
    if (given === "silence") {
      await new Promise((_, reject) => {
        const fail = () => reject(new CloudError("timeout", `${hostname}:2379 did not answer in time`));
        options.signal.addEventListener("abort", fail, { once: true });
      });
    }
    if (given === "silence" || given instanceof CloudError) throw given;
    const date = new Date(clock.wall()).toUTCString();
    return {
      status: given.status,
      headers: { date },
      body: new TextEncoder().encode(JSON.stringify(given.body)),
    };
  };
  const line = new EtcdLine({
    send,
    clock,
    visitor: { user, hasPassword: true, pool: "ci" },
    hasCertificate: true,
  });
  const login = new EtcdLogin({
    line,
    user,
    credentials: () => Promise.resolve({ user, password: "secret" }),
  });
  return { clock, asked, line, etcd: new EtcdMembers({ endpoints, line, login }) };
}

const done = (by: string) => ({ status: 200, body: { by } });
const refusal = (status: number, code: number, message: string) => ({
  status,
  body: { error: message, message, code },
});
const noLeader = refusal(503, 14, "etcdserver: no leader");
const timedOut = refusal(503, 14, "etcdserver: request timed out");
const badToken = refusal(401, 16, "etcdserver: invalid auth token");
const refused = (host: string) =>
  new CloudError("unavailable", `${host}:2379: connection refused; nothing listens there`, {
    effect: "none",
  });
const broken = (host: string) =>
  new CloudError("unavailable", `${host}:2379: the connection broke before the response was complete`);

/** Lets time pass until the work has ended. @returns its result or error, and the milliseconds that it took */
async function outcomeOf<Result>(
  clock: VirtualClock,
  work: Promise<Result>,
): Promise<{ result: Result | null; error: EtcdError | null; took: number }> {
  const startedAt = clock.now();
  let ended: { result: Result | null; error: EtcdError | null } | null = null;
  work.then((result) => ended = { result, error: null }, (error) => ended = { result: null, error });
  await clock.advanceUntil(() => ended !== null, { within: 60_000, step: 50 });
  return { ...ended!, took: clock.now() - startedAt };
}

Deno.test("a member that is silent costs its time once; the next one is asked, and asked first from then on", async () => {
  const { clock, asked, etcd } = members((member) => member === "e1" ? "silence" : done(member));
  const first = await outcomeOf(clock, etcd.ask(read, call));
  assert.deepEqual([first.result, first.took], [{ by: "e2" }, 1_500]);
  const second = await outcomeOf(clock, etcd.ask(read, call));
  assert.deepEqual([second.result, second.took], [{ by: "e2" }, 0]);
  assert.deepEqual(asked, ["e1 kv/range", "e2 kv/range", "e2 kv/range"]);
});

Deno.test("several callers that find at once that a member is silent all ask the next", async () => {
  const { clock, asked, etcd } = members((member) => member === "e1" ? "silence" : done(member));
  await outcomeOf(clock, Promise.all([etcd.ask(read, call), etcd.ask(read, call), etcd.ask(read, call)]));
  assert.deepEqual(asked.filter((one) => one.startsWith("e3")), []);
});

Deno.test("what certainly did not reach a member is asked of the next, a transaction too", async () => {
  const { clock, asked, etcd } = members((member) => member === "e3" ? done(member) : refused(member));
  const { result } = await outcomeOf(clock, etcd.ask(write, call));
  assert.deepEqual(result, { by: "e3" });
  assert.equal(asked.length, 3);
});

for (
  const [how, answer] of [
    ["breaks off", broken("e1")],
    ["is silent", "silence"],
    ["gives it up itself", timedOut],
  ] as const
) {
  Deno.test(`a transaction is sent once where its member ${how}, and the next request goes elsewhere`, async () => {
    const { clock, asked, etcd } = members((member) => member === "e1" ? answer : done(member));
    const { error } = await outcomeOf(clock, etcd.ask(write, call));
    assert.deepEqual([error?.kind, asked], ["lost", ["e1 kv/txn"]]);
    assert.match(error!.message, /asked to write keys; whether it did is not known \(e1:2379/);
    assert.deepEqual((await outcomeOf(clock, etcd.ask(write, call))).result, { by: "e2" });
  });
}

for (
  const [what, body] of [["a page of a proxy's", "<html>Sorry!</html>"], [
    "another service's JSON",
    {},
  ]] as const
) {
  Deno.test(`where ${what} comes in place of an answer a read is refused, and a write may have been done`, async () => {
    const { clock, etcd } = members(() => ({ status: 200, body }));
    assert.equal((await outcomeOf(clock, etcd.ask(read, call))).error?.kind, "refused");
    assert.equal((await outcomeOf(clock, etcd.ask(write, call))).error?.kind, "lost");
  });
}

Deno.test("members without a leader are asked until they have one", async () => {
  const { clock, etcd } = members((member, _, count) => count < 9 ? noLeader : done(member));
  const { result, took } = await outcomeOf(clock, etcd.ask(write, call));
  assert.ok(result !== null && took > 0 && took < 1_000, `${took}`);
});

Deno.test("members that never have a leader are given up after seconds, and the others named", async () => {
  const { clock, etcd } = members((member) => member === "e3" ? refused("e3") : noLeader);
  const { error, took } = await outcomeOf(clock, etcd.ask(write, call));
  assert.equal(error?.kind, "unreachable");
  assert.match(
    error!.message,
    /no majority; start or connect the others \(e1:2379: .*no leader.*e3:2379: conn/,
  );
  assert.ok(took >= 5_000 && took < 6_000, `${took}`);
});

Deno.test("where no member is to be had nobody waits", async () => {
  const { clock, asked, etcd } = members(refused);
  const { error, took } = await outcomeOf(clock, etcd.ask(read, call));
  assert.deepEqual([error?.kind, took, asked.length], ["unreachable", 0, 3]);
});

Deno.test("callers log in once, and their requests carry the token", async () => {
  const tokens: unknown[] = [];
  const { clock, asked, etcd } = members((member, { url, headers }) => {
    if (url.endsWith("authenticate")) return { status: 200, body: { token: "t1" } };
    tokens.push(headers.authorization);
    return done(member);
  }, "nodepool");
  await outcomeOf(clock, Promise.all([etcd.ask(read, call), etcd.ask(write, call)]));
  assert.deepEqual(asked, ["e1 auth/authenticate", "e1 kv/range", "e1 kv/txn"]);
  assert.deepEqual(tokens, ["t1", "t1"]);
});

Deno.test("a token that is no longer taken is renewed once for all, and what it was refused for is done once", async () => {
  let tokens = 0;
  let written = 0;
  const { clock, asked, etcd } = members((member, { url, headers }) => {
    if (url.endsWith("authenticate")) return { status: 200, body: { token: `t${++tokens}` } };
    if (headers.authorization === "t1") return badToken;
    written++;
    return done(member);
  }, "nodepool");
  const work = Promise.all([etcd.ask(write, call), etcd.ask(write, call), etcd.ask(write, call)]);
  assert.equal((await outcomeOf(clock, work)).error, null);
  assert.deepEqual([tokens, written, asked.length], [2, 3, 2 + 3 + 3]);
});

Deno.test("a user whose tokens are never taken is refused, not tried for ever", async () => {
  const { clock, etcd } = members(
    (_, { url }) => url.endsWith("authenticate") ? { status: 200, body: { token: "t" } } : badToken,
    "nodepool",
  );
  const { error } = await outcomeOf(clock, etcd.ask(read, call));
  assert.equal(error?.kind, "unauthorized");
});

Deno.test("a member that is silent when asked to log in is passed over", async () => {
  const { clock, etcd } = members((member, { url }) => {
    if (member === "e1") return "silence";
    return url.endsWith("authenticate") ? { status: 200, body: { token: "t" } } : done(member);
  }, "nodepool");
  assert.deepEqual((await outcomeOf(clock, etcd.ask(write, call))).result, { by: "e2" });
});

Deno.test("whoever leaves is let go at once, with the reason", async () => {
  const { clock, etcd } = members(() => "silence");
  const leaving = new AbortController();
  const reason = new Error("the daemon stops");
  const work = etcd.ask(write, leaving);
  await clock.advance(100);
  leaving.abort(reason);
  const { error, took } = await outcomeOf(clock, work);
  assert.deepEqual([error, took], [reason, 0]);
  assert.equal(clock.sleeping, 0);
});

for (const question of [read, write]) {
  Deno.test(`whoever has less time than a silent member takes to ${question.what} asks the next one next time`, async () => {
    const { clock, etcd } = members((member, { url }) => {
      if (member === "e1") return "silence";
      return url.endsWith("authenticate") ? { status: 200, body: { token: "t" } } : done(member);
    }, "nodepool");
    const leaving = new AbortController();
    const work = etcd.ask(question, leaving);
    work.catch(() => {});
    await clock.advance(1_000);
    leaving.abort(new Error("no time left"));
    await outcomeOf(clock, work);
    const { result, took } = await outcomeOf(clock, etcd.ask(question, call));
    assert.deepEqual([result, took], [{ by: "e2" }, 0]);
  });
}

Deno.test("etcd's clock is compared by each prompt answer, as far as whole seconds tell", async () => {
  const { clock, line, etcd } = members(done);
  assert.equal(line.clockAhead, null);
  clock.stepWall(0);
  await outcomeOf(clock, etcd.ask(read, call));
  assert.ok(Math.abs(line.clockAhead!) <= 500, `${line.clockAhead}`);
});

Deno.test("no message has the password in it", async () => {
  for (const answer of [noLeader, badToken, refusal(400, 3, "etcdserver: authentication failed")]) {
    const { clock, etcd } = members(() => answer, "nodepool");
    const { error } = await outcomeOf(clock, etcd.ask(read, call));
    assert.ok(error instanceof EtcdError);
    assert.doesNotMatch(`${error.message} ${error.stack}`, /secret/);
  }
});

Deno.test("a token that members leave without an answer is given up: an etcd restored from a snapshot does so", async () => {
  let valid = "old";
  let silent = false;
  const { clock, asked, etcd } = members((member, { url, headers }) => {
    if (url.endsWith("auth/authenticate")) return { status: 200, body: { token: valid } };
    return silent && headers.authorization !== "new" ? "silence" : done(member);
  }, "nodepool");
  await outcomeOf(clock, etcd.ask(read, call));
  [valid, silent] = ["new", true];
  const { result } = await outcomeOf(clock, untilAnswered(() => etcd.ask(read, call)));
  assert.ok(result !== null);
  assert.equal(asked.filter((one) => one.endsWith("auth/authenticate")).length, 2);
});

Deno.test("a member that hangs costs no login, as long as others take the token", async () => {
  const { clock, asked, etcd } = members((member, { url }) => {
    if (url.endsWith("auth/authenticate")) return { status: 200, body: { token: "one" } };
    return member === "e1" ? "silence" : done(member);
  }, "nodepool");
  for (let times = 0; times < 20; times++) {
    await outcomeOf(clock, etcd.askOne("https://e1:2379", read, call).catch(() => {}));
    await outcomeOf(clock, etcd.ask(read, call));
  }
  assert.equal(asked.filter((one) => one.endsWith("auth/authenticate")).length, 1);
});

async function untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let times = 0; times < 10; times++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
    }
  }
  throw new Error("no answer");
}
