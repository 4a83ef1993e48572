import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { LoginError, type Shell } from "../../src/ssh/shell.ts";
import { checkReadyNodes } from "../../src/tasks/check_ready_nodes.ts";
import { HOST_KEY, ledgerWith, scriptedShell } from "../execute/execute_fixtures.ts";
import { ADDRESSES, config, node, NOW, provider, states } from "../plan/plan_fixtures.ts";

const address = (id: number) => `10.0.0.${id}`;
const ready = (id: number, fields: Partial<NodeRecord> = {}) =>
  node({ phase: "ready", serverId: `s${id}` }, {
    id,
    addresses: { ...ADDRESSES, login: address(id) },
    ...fields,
  });
const broken = new LoginError("network", "no route to host");

/** Checks nodes of which those ids cannot be logged in to so many times. */
async function check(
  nodes: readonly NodeRecord[],
  {
    failing = [],
    times = Infinity,
    error = broken,
    downUntil = 0,
    unreachable = [],
    readKey = () => Promise.resolve("key"),
    meanwhile,
  }: {
    failing?: readonly number[];
    error?: LoginError;
    /** Until then no login works, but for those of the first seconds. */
    downUntil?: number;
    unreachable?: readonly string[];
    times?: number;
    readKey?: () => Promise<string>;
    meanwhile?: (kit: Awaited<ReturnType<typeof ledgerWith>>) => Promise<unknown>;
  } = {},
) {
  const kit = await ledgerWith(...nodes);
  const attempts = new Map<string, number>();
  const askedAt = new Map<string, number[]>();
  const doubts: string[] = [];
  const shell = scriptedShell(async ({ address: asked }) => {
    const attempt = (attempts.get(asked) ?? 0) + 1;
    attempts.set(asked, attempt);
    askedAt.set(asked, [...askedAt.get(asked) ?? [], kit.clock.now()]);
    if (attempt === 1) await meanwhile?.(kit);
    if (failing.some((id) => address(id) === asked) && attempt <= times) throw error;
    const time = kit.clock.now() - NOW;
    if (time >= 2 * SECOND && time < downUntil) throw broken;
    return { exitCode: 0, output: "" };
  });
  const everywhere = config({ providers: [provider(), provider({ name: "cloud-b" })] });
  const deps = {
    ledger: kit.ledger,
    clock: kit.clock,
    shell,
    config: everywhere,
    readKey,
    isReachable: (name: string) => !unreachable.includes(name),
    onDoubt: (name: string, message: string) => doubts.push(`${name}: ${message}`),
  };
  const done = checkReadyNodes(deps, { signal: new AbortController().signal });
  let outcome: string | null | undefined;
  done.then(() => outcome = null, (error: Error) => outcome = error.message);
  await kit.clock.advanceUntil(() => outcome !== undefined, { within: HOUR });
  const deleted = [...kit.ledger.nodes.values()].filter(({ state }) => state.phase === "delete-server");
  return { attempts, askedAt, doubts, outcome, deleted: deleted.map(({ id }) => id), ledger: kit.ledger };
}

const five = [1, 2, 3, 4, 5].map((id) => ready(id));

Deno.test("each ready node is logged in to, and only ready ones", async () => {
  const others = [node(states.used, { id: 8, addresses: ADDRESSES }), node(states.login, { id: 9 })];
  const { attempts, deleted } = await check([...five, ...others]);
  assert.deepEqual([...attempts.keys()].sort(), [1, 2, 3, 4, 5].map(address));
  assert.deepEqual(deleted, []);
});

Deno.test("a node that does not answer for some minutes, while others do, is lost, with what was wrong", async () => {
  const { askedAt, deleted, ledger } = await check(five, { failing: [2] });
  const asked = askedAt.get(address(2))!;
  assert.ok(asked.at(-1)! - asked[0]! >= 3 * MINUTE, String(asked));
  assert.deepEqual(deleted, [2]);
  const lost = ledger.nodes.get(2)!;
  assert.deepEqual([lost.result, lost.comment], ["lost", "failed the check: no route to host"]);
});

for (const failure of ["hostKey", "auth", "account", "command"] as const) {
  Deno.test(`a node whose server says twice that it is of no use (${failure}) is lost at once`, async () => {
    const error = new LoginError(failure, "it says no");
    const { attempts, deleted } = await check(five, { failing: [2], error });
    assert.deepEqual([attempts.get(address(2)), deleted], [2, [2]]);
  });
}

Deno.test("a blip on our side costs no node, also where it meets few of those that are checked one after the other", async () => {
  const many = Array.from({ length: 100 }, (_, index) => ready(index + 1));
  for (const downUntil of [30 * SECOND, 90 * SECOND, 3 * MINUTE]) {
    const { deleted, askedAt } = await check(many, { downUntil });
    const met = [...askedAt.values()].filter((asked) => asked.length > 1).length;
    assert.ok(met > 20 && met < 50, `${met} of them`);
    assert.deepEqual(deleted, []);
  }
});

Deno.test("where no other node answers either, those that failed first are kept, and that is told", async () => {
  const many = Array.from({ length: 100 }, (_, index) => ready(index + 1));
  const { deleted, doubts } = await check(many, { downUntil: 20 * MINUTE });
  assert.deepEqual(deleted, []);
  assert.match(doubts.join(), /^cloud-a: \d\d of 100 ready nodes failed the check: no route to host$/);
});

Deno.test("a subnode that fails while its node is taken is left to whoever has that", async () => {
  const group = [ready(1), ready(2, { role: "subnode", parentId: 1 })];
  const taken = { type: "taken", job: null, requestId: 1 } as const;
  const { deleted } = await check([...group, ...[3, 4, 5].map((id) => ready(id))], {
    failing: [2],
    error: new LoginError("auth", "it says no"),
    meanwhile: ({ ledger, clock }) =>
      ledger.changeNode(
        1,
        (each) => each.state.phase === "ready" ? transition(each, taken, clock.now()) : each,
      ),
  });
  assert.deepEqual(deleted, []);
});

Deno.test("a node is asked again after a pause: a server may refuse connections for a moment", async () => {
  const { askedAt } = await check(five, { failing: [2], times: 1 });
  const [first, second] = askedAt.get(address(2))!;
  assert.ok(second! - first! >= 5 * SECOND);
});

Deno.test("a subnode is checked as long as its node waits for work, and left to whoever has that", async () => {
  const free = [ready(1), ready(2, { role: "subnode", parentId: 1 })];
  const held = [node(states.hold, { id: 3 }), ready(4, { role: "subnode", parentId: 3 })];
  const used = [node(states.used, { id: 5 }), ready(6, { role: "subnode", parentId: 5 })];
  const { attempts } = await check([...free, ...held, ...used]);
  assert.deepEqual([...attempts.keys()].sort(), [1, 2].map(address));
});

Deno.test("a failure that passes costs no node", async () => {
  assert.deepEqual((await check(five, { failing: [1, 2, 3, 4, 5], times: 1 })).deleted, []);
});

Deno.test("where most of a provider's nodes fail together they are kept, and the others checked", async () => {
  const elsewhere = [6, 7, 8, 9].map((id) => ready(id, { provider: "cloud-b" }));
  const { deleted, doubts } = await check([...five, ...elsewhere], { failing: [1, 2, 3, 9] });
  assert.deepEqual(deleted, [9]);
  assert.deepEqual(doubts, ["cloud-a: 3 of 5 ready nodes failed the check: no route to host"]);
});

Deno.test("half of them may be lost", async () => {
  assert.deepEqual((await check(five.slice(0, 4), { failing: [1, 2] })).deleted, [1, 2]);
});

for (const count of [1, 2, 3]) {
  const few = five.slice(0, count);
  const failing = few.map(({ id }) => id);
  Deno.test(`where the ready nodes are ${count} and all fail for some minutes, none is lost`, async () => {
    for (const times of [2, 4, 10, 20]) {
      const { deleted, doubts } = await check(few, { failing, times });
      assert.deepEqual([deleted, doubts], [[], []]);
    }
  });
  Deno.test(`where the ready nodes are ${count} and all fail for long, one of them is lost at a time`, async () => {
    const { deleted, doubts } = await check(few, { failing });
    assert.deepEqual(deleted, [1]);
    const told = `cloud-a: ${count} of ${count} ready nodes failed the check: no route to host`;
    assert.deepEqual(doubts, count === 1 ? [] : [told]);
  });
}

Deno.test("where one of few ready nodes works all the time, those that fail for long are lost", async () => {
  assert.deepEqual((await check(five.slice(0, 3), { failing: [2, 3] })).deleted, [2, 3]);
  assert.deepEqual((await check(five.slice(0, 3), { failing: [2, 3], times: 4 })).deleted, []);
});

Deno.test("a node that is taken while few are looked at again is left to whoever has it", async () => {
  const taken = { type: "taken", job: null, requestId: 1 } as const;
  const { deleted } = await check(five.slice(0, 2), {
    failing: [1, 2],
    meanwhile: ({ ledger, clock }) =>
      ledger.changeNode(
        1,
        (each) => each.state.phase === "ready" ? transition(each, taken, clock.now()) : each,
      ),
  });
  assert.deepEqual(deleted, [2]);
});

Deno.test("a check of few nodes that fail ends with the daemon", async () => {
  const kit = await ledgerWith(ready(1));
  const stop = new AbortController();
  const done = checkReadyNodes({
    ledger: kit.ledger,
    clock: kit.clock,
    shell: scriptedShell(() => Promise.reject(broken)),
    config: config(),
    readKey: () => Promise.resolve("key"),
    isReachable: () => true,
    onDoubt: () => {},
  }, { signal: stop.signal });
  const ended = assert.rejects(done, /nodepool is stopping/);
  await kit.clock.advance(3 * MINUTE);
  stop.abort(new Error("nodepool is stopping"));
  await ended;
  assert.equal(kit.ledger.nodes.get(1)!.state.phase, "ready");
});

Deno.test("while a provider's cloud does not answer, its nodes are not checked", async () => {
  const { attempts, deleted } = await check(five.slice(0, 3), {
    failing: [1, 2, 3],
    unreachable: ["cloud-a"],
  });
  assert.deepEqual([attempts.size, deleted], [0, []]);
});

Deno.test("a node that was taken while it was checked is left to whoever has it", async () => {
  const taken = { type: "taken", job: null, requestId: 1 } as const;
  const { deleted, ledger } = await check(five, {
    failing: [2],
    meanwhile: ({ ledger, clock }) =>
      ledger.changeNode(
        2,
        (each) => each.state.phase === "ready" ? transition(each, taken, clock.now()) : each,
      ),
  });
  assert.deepEqual([deleted, ledger.nodes.get(2)!.state.phase], [[], "used"]);
});

Deno.test("a private key that cannot be read says nothing of the nodes: they stay", async () => {
  const readKey = () => Promise.reject(new LoginError("auth", "cannot read the private key /k"));
  const { deleted, outcome } = await check(five.slice(0, 2), { readKey });
  assert.deepEqual([deleted, outcome], [[], "cannot read the private key /k"]);
});

Deno.test("nodes of a provider or an image that is not configured any more are left to the planner", async () => {
  const { attempts, deleted } = await check([ready(1, { provider: "gone" }), ready(2, { image: "gone" })]);
  assert.deepEqual([attempts.size, deleted], [0, []]);
});

/** Checks nodes whose logins take so many milliseconds, one after the other by id. */
async function checkSlow(times: readonly number[], checkTimeout = MINUTE) {
  const kit = await ledgerWith(...times.map((_, index) => ready(index + 1)));
  const ended: string[] = [];
  const shell: Shell = {
    ...scriptedShell(),
    async login({ address: asked }, { timeout, signal }) {
      const time = times[Number(asked.split(".").at(-1)) - 1]!;
      await kit.clock.sleep(Math.min(time, timeout), { signal });
      if (time > timeout) throw new LoginError("timeout", `after ${timeout / SECOND} s`);
      ended.push(`${asked} ${(kit.clock.now() - NOW) / SECOND}`);
      return { exitCode: 0, output: "", hostKey: HOST_KEY };
    },
  };
  const done = checkReadyNodes({
    ledger: kit.ledger,
    clock: kit.clock,
    shell,
    config: config({ providers: [provider({ checkTimeout })] }),
    readKey: () => Promise.resolve("key"),
    isReachable: () => true,
    onDoubt: () => {},
  }, { signal: new AbortController().signal });
  let isOver = false;
  done.then(() => isOver = true);
  await kit.clock.advanceUntil(() => isOver, { within: HOUR });
  const lost = [...kit.ledger.nodes.values()].filter(({ state }) => state.phase !== "ready");
  return { ended, lost: lost.map(({ comment }) => comment) };
}

Deno.test("a ready node whose login is slow is kept, and check-timeout says how slow it may be", async () => {
  assert.deepEqual((await checkSlow([25 * SECOND, 50 * SECOND])).lost, []);
  assert.deepEqual((await checkSlow([100 * SECOND], 2 * MINUTE)).lost, []);
  assert.deepEqual((await checkSlow([25 * SECOND], 20 * SECOND)).lost, ["failed the check: after 20 s"]);
});

Deno.test("slow nodes do not keep others from being checked", async () => {
  const { ended } = await checkSlow([...new Array(20).fill(50 * SECOND), 0]);
  assert.equal(ended[0], "10.0.0.21 10", "two rounds of eight gave up their places after 5 s each");
});

Deno.test("the check of a large pool spreads its logins over time, that of a small one is done at once", async () => {
  const times: number[] = [];
  const meanwhile = ({ clock }: Awaited<ReturnType<typeof ledgerWith>>) =>
    Promise.resolve(times.push(clock.now()));
  await check(Array.from({ length: 400 }, (_, id) => ready(id + 1)), { meanwhile });
  assert.equal(times.length, 400);
  const within = (end: number) => times.filter((time) => time < times[0]! + end).length;
  assert.ok(within(SECOND) <= 40, `${within(SECOND)} in the first second`);
  assert.ok(within(5 * SECOND) <= 8 + 5 * 32, `${within(5 * SECOND)} in five seconds`);
  assert.ok(times.at(-1)! - times[0]! <= 20 * SECOND, "and is over soon all the same");
  times.length = 0;
  await check(five, { meanwhile });
  assert.equal(times.at(-1), times[0]);
});
