import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { ProviderImageConfig } from "../../src/domain/config.ts";
import { credentialsFor } from "../../src/execute/credentials.ts";
import { executeLogin, type LoginDeps } from "../../src/execute/login.ts";
import { generateKey } from "../../src/ssh/generate_key.ts";
import { PrivateKeys } from "../../src/execute/credentials.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { LoginError, type Shell } from "../../src/ssh/shell.ts";
import { image, node, NOW, provider, states } from "../plan/plan_fixtures.ts";
import { HOST_KEY, scriptedShell } from "./execute_fixtures.ts";

const recorded = node(states.login, { hostKeys: [HOST_KEY] });

function credentialsOf(
  image: ProviderImageConfig,
  readKey = (path: string) => Promise.resolve(`the key in ${path}`),
) {
  return credentialsFor(recorded, { image, images: new Map(), readKey });
}

async function attempt({ record = recorded, ...deps }: Partial<LoginDeps> & { record?: NodeRecord } = {}) {
  const shell = scriptedShell();
  const outcome = await executeLogin({ node: record, address: "10.0.0.7" }, {
    shell,
    clock: new VirtualClock(NOW),
    signal: new AbortController().signal,
    provider: provider(),
    image: image(),
    credentials: credentialsOf(deps.image ?? image()),
    next: "prepare",
    makeKeypair: () => Promise.resolve({ publicKey: "ssh-ed25519 AAAA", privateKey: "private" }),
    ...deps,
  });
  return { outcome, target: shell.targets[0] };
}

Deno.test("a login goes to the node's address with what the image says", async () => {
  const { outcome, target } = await attempt({ image: image({ connectionPort: 2222, username: "zuul" }) });
  assert.deepEqual(outcome, { event: { type: "logged-in", hostKey: HOST_KEY, next: "prepare" } });
  assert.deepEqual(target, {
    address: "10.0.0.7",
    port: 2222,
    username: "zuul",
    privateKey: "the key in /etc/nodepool/id_ed25519",
    hostKeys: [HOST_KEY],
  });
});

Deno.test("without host-key-checking any host key is taken", async () => {
  const { target } = await attempt({ provider: provider({ hostKeyChecking: false }) });
  assert.deepEqual(target?.hostKeys, []);
});

const failures: readonly (readonly [string, Partial<LoginDeps>, RegExp])[] = [
  [
    "is refused",
    { shell: scriptedShell(() => Promise.reject(new LoginError("network", "connection refused"))) },
    /^connection refused$/,
  ],
  [
    "runs a command that fails",
    { shell: scriptedShell(() => Promise.resolve({ exitCode: 127, output: "true: not found\n" })) },
    /ended with exit code 127: true: not found$/,
  ],
  [
    "has no key",
    {
      credentials: credentialsOf(
        image(),
        () => Promise.reject(new LoginError("auth", "cannot read the key")),
      ),
    },
    /the key$/,
  ],
];

for (const [title, deps, message] of failures) {
  Deno.test(`a login that ${title} is tried again a second later, and says why`, async () => {
    const { outcome: { event } } = await attempt(deps);
    assert.ok(event !== "ended" && event?.type === "postponed");
    assert.equal(event.until, NOW + SECOND);
    assert.equal(event.waitingOn.reason, "login");
    assert.match(event.waitingOn.message, message);
  });
}

Deno.test("after many attempts a login is tried seldom, and once more shortly before boot-timeout is over", async () => {
  const shell = scriptedShell(() => Promise.reject(new LoginError("network", "connection refused")));
  const pauseWith = async ({ left }: { left: number }) => {
    const config = provider({ bootTimeout: MINUTE });
    const state = { phase: "login", serverId: "s7", activeAt: NOW - MINUTE + left } as const;
    const { outcome: { event } } = await attempt({
      shell,
      provider: config,
      record: { ...recorded, state, attempt: 15 },
    });
    assert.ok(event !== "ended" && event?.type === "postponed");
    return event.until - NOW;
  };
  assert.deepEqual(
    [
      await pauseWith({ left: 30 * SECOND }),
      await pauseWith({ left: 5 * SECOND }),
      await pauseWith({ left: 100 }),
    ],
    [7 * SECOND, 3.5 * SECOND, SECOND],
  );
});

Deno.test("a login may take what boot-timeout leaves, and its failure is known before that is over", async () => {
  const clock = new VirtualClock(NOW);
  const limits: number[] = [];
  const shell: Shell = {
    ...scriptedShell(),
    login: async (_target, { timeout, signal }) => {
      limits.push(timeout);
      await clock.sleep(timeout, { signal });
      throw new LoginError("timeout", `after ${timeout / SECOND} s`);
    },
  };
  const activeAt = NOW - 100 * SECOND;
  const slow = attempt({
    shell,
    clock,
    provider: provider({ bootTimeout: 10 * MINUTE }),
    record: { ...recorded, state: { phase: "login", serverId: "s7", activeAt } },
  });
  await clock.advance(10 * MINUTE);
  const { outcome: { event } } = await slow;
  assert.equal(limits[0], 499 * SECOND);
  assert.ok(event !== "ended" && event?.type === "postponed" && event.until === activeAt + 10 * MINUTE);
});

Deno.test("after a restart that used up boot-timeout, a node still gets one attempt", async () => {
  const limits: number[] = [];
  const shell: Shell = {
    ...scriptedShell(),
    login: (_target, { timeout }) => {
      limits.push(timeout);
      return Promise.resolve({ exitCode: 0, output: "", hostKey: HOST_KEY });
    },
  };
  await attempt({ shell, record: { ...recorded, state: { phase: "login", serverId: "s7", activeAt: 0 } } });
  assert.deepEqual(limits, [10 * SECOND]);
});

Deno.test("a login that breaks off because the pool stops is no failed attempt", async () => {
  const stop = new AbortController();
  const shell = scriptedShell(() => {
    stop.abort(new Error("nodepool is stopping"));
    return Promise.reject(new LoginError("network", "broken off"));
  });
  await assert.rejects(attempt({ shell, signal: stop.signal }), /nodepool is stopping/);
});

Deno.test("a wave of logins reads each private key once, and a changed one within seconds", async () => {
  const clock = new VirtualClock(NOW);
  const read: string[] = [];
  const made = [await generateKey(), await generateKey(), await generateKey()].map((pair) => pair.private);
  const readFile = (path: string) => Promise.resolve(made[read.push(path) - 1]!);
  const keys = new PrivateKeys({ clock, readFile });
  const [first, second, third] = made;
  const wave = [keys.read("/a"), keys.read("/a"), keys.read("/b")];
  assert.deepEqual((await Promise.all(wave)).map(body), [first, first, second].map(body));
  await clock.advance(MINUTE);
  assert.equal(body(await keys.read("/a")), body(third));
  assert.deepEqual(read, ["/a", "/b", "/a"]);
});

Deno.test("a private key that cannot be used says why, and is read again at once", async () => {
  const texts = ["", (await generateKey()).private];
  const readFile = () => Promise.resolve(texts.shift()!);
  const keys = new PrivateKeys({ clock: new VirtualClock(NOW), readFile });
  await assert.rejects(
    keys.read("/a"),
    /^LoginError: the private key \/a is empty; make one with: ssh-keygen/,
  );
  await keys.read("/a");
});

/** A key's base64, however its lines are broken. */
function body(key: string | undefined): string {
  return key!.replace(/-----.*?-----|\s/g, "");
}

Deno.test("a private key that cannot be read is named, with what to check", async () => {
  const readFile = () => Promise.reject(new Deno.errors.NotFound("no such file"));
  const keys = new PrivateKeys({ clock: new VirtualClock(NOW), readFile });
  await assert.rejects(keys.read("/a"), {
    name: "LoginError",
    failure: "auth",
    message: "cannot read the private key /a; check the image's private-key (see: nodepool manual login)",
  });
});
