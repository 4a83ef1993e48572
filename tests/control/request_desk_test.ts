import assert from "node:assert/strict";
import { checkRequest, RequestDesk } from "../../src/control/request_desk.ts";
import type { RequestSpec } from "../../src/control/operations/request_operations.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { endRequest } from "../../src/rules/request_changes.ts";
import { Ledger } from "../../src/store/ledger.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { config, label, node, NOW, provider, states } from "../plan/plan_fixtures.ts";

const wish: RequestSpec = { label: "noble", count: 1, job: "gate", client: "zuul", deadline: null };

async function deskKit() {
  const kit = await ledgerWith(node(states.ready));
  let { ledger } = kit;
  let returns = 0;
  const newDesk = () => new RequestDesk({ ledger, clock: kit.clock, onReturn: () => returns++ });
  let desk = newDesk();
  return {
    clock: kit.clock,
    get ledger() {
      return ledger;
    },
    get desk() {
      return desk;
    },
    /** How often a client of a former process came back. */
    get returns() {
      return returns;
    },
    /** Gives node 7 to the request, as the tick does. */
    grant(requestId: number) {
      return ledger.edit((edit) => {
        const taken = { type: "taken", job: "gate", requestId } as const;
        edit.putNode(transition(edit.node(7)!, taken, kit.clock.now()));
        edit.putRequest({ ...edit.request(requestId)!, nodes: [7], grantedAt: kit.clock.now() });
      });
    },
    /** The client no longer wants its nodes. */
    withdraw: (requestId: number) =>
      ledger.edit((edit) => endRequest(edit, { requestId, now: kit.clock.now() })),
    /** The daemon ends and starts again on the same state. */
    async restart() {
      desk[Symbol.dispose]();
      await ledger[Symbol.asyncDispose]();
      ledger = await Ledger.load(kit.store, { clock: kit.clock });
      desk = newDesk();
    },
    wait(requestId: number, signal = new AbortController().signal) {
      return desk.waitForGrant(requestId, { signal });
    },
    [Symbol.dispose]: () => desk[Symbol.dispose](),
  };
}

/** The phase of the node that requests are granted. */
const phase = ({ ledger }: { ledger: Ledger }) => ledger.nodes.get(7)!.state.phase;
const waitingIds = ({ ledger }: { ledger: Ledger }) => [...ledger.requests.keys()];

Deno.test("requests are written down with ids in the order of their coming", async () => {
  using kit = await deskKit();
  const [first, second] = await Promise.all([kit.desk.create(wish), kit.desk.create({ ...wish, count: 3 })]);
  assert.deepEqual([first.id, first.createdAt, first.client], [1, NOW, "zuul"]);
  assert.deepEqual([second.id, second.count, second.nodes, second.grantedAt], [2, 3, [], null]);
});

Deno.test("who waits is told as soon as the request is granted, whoever asks later at once", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  const waiting = kit.wait(id);
  await kit.grant(id);
  assert.deepEqual((await waiting).map((each) => each.id), [7]);
  assert.deepEqual((await kit.wait(id)).map((each) => each.id), [7]);
});

Deno.test("a confirmed request is done and its nodes stay with the client", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.desk.confirm(id);
  assert.deepEqual(waitingIds(kit), [1], "nothing to confirm yet");
  await kit.grant(id);
  await kit.desk.confirm(id);
  await kit.clock.advance(MINUTE);
  await kit.desk.withdrawUnattended();
  assert.deepEqual([waitingIds(kit), phase(kit)], [[], "used"]);
});

Deno.test("a request that is made again with its token is the same one, before the grant and after it", async () => {
  using kit = await deskKit();
  const marked = { ...wish, token: "t1" };
  const [first, again] = await Promise.all([kit.desk.create(marked), kit.desk.create(marked)]);
  assert.deepEqual([again.id, waitingIds(kit)], [first.id, [first.id]]);
  await kit.restart();
  assert.equal((await kit.desk.create(marked)).id, first.id);
  await kit.grant(first.id);
  assert.deepEqual((await kit.desk.create(marked)).nodes, [7]);
  assert.notEqual((await kit.desk.create({ ...wish, token: "t2" })).id, first.id);
  const [other, another] = [await kit.desk.create(wish), await kit.desk.create(wish)];
  assert.notEqual(other.id, another.id, "without a token each is one of its own");
});

Deno.test("who asks again for a request attends to it", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create({ ...wish, token: "t1" });
  await kit.clock.advance(29 * SECOND);
  await kit.desk.create({ ...wish, token: "t1" });
  await kit.clock.advance(29 * SECOND);
  await kit.desk.withdrawUnattended();
  assert.deepEqual(waitingIds(kit), [id]);
});

Deno.test("a confirmation whose answer got lost can be said again, also to the next daemon", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  await kit.desk.confirm(id);
  await kit.desk.confirm(id);
  await kit.restart();
  await kit.desk.confirm(id);
  assert.deepEqual([waitingIds(kit), phase(kit)], [[], "used"]);
});

Deno.test("a confirmation whose answer got lost can be said again while the node is held", async () => {
  for (const isConfirmed of [true, false]) {
    using kit = await deskKit();
    const { id } = await kit.desk.create(wish);
    await kit.grant(id);
    if (isConfirmed) await kit.desk.confirm(id);
    const hold = { reason: null, owner: "ada", until: null };
    await kit.ledger.changeNode(7, (each) => transition(each, { type: "hold", hold }, NOW));
    await kit.clock.advance(30 * SECOND);
    await kit.desk.withdrawUnattended();
    if (isConfirmed) await kit.desk.confirm(id);
    else await assert.rejects(kit.desk.confirm(id), { status: 410 });
    assert.equal(phase(kit), "hold");
  }
});

Deno.test("a confirmation that comes after the withdrawal is refused: its nodes are being deleted", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  await kit.clock.advance(30 * SECOND);
  await kit.desk.withdrawUnattended();
  const refused = { status: 410, message: "request 1 was withdrawn before its nodes were taken: ask again" };
  await assert.rejects(kit.desk.confirm(id), refused);
  await kit.ledger.changeNode(7, () => null);
  await assert.rejects(kit.desk.confirm(id), refused);
  await assert.rejects(kit.desk.confirm(99), { status: 410 });
});

Deno.test("a node that is marked for deletion between the grant and the answer is not handed out", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  const removal = { type: "delete", by: "user", comment: "by hand", result: "used" } as const;
  await kit.ledger.changeNode(7, (each) => transition(each, removal, NOW));
  await assert.rejects(kit.wait(id), { status: 410, message: /a node granted to request 1 is gone/ });
});

Deno.test("a node that is held between the grant and the answer is handed out, and stays", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  const hold = { reason: null, owner: "ada", until: null };
  await kit.ledger.changeNode(7, (each) => transition(each, { type: "hold", hold }, NOW));
  assert.equal((await kit.wait(id)).length, 1);
});

Deno.test("a withdrawn request ends its waiting, and nodes that it was granted are deleted unused", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  const waiting = assert.rejects(kit.wait(id), { status: 410, message: /request 1 does not exist/ });
  await kit.withdraw(id);
  await waiting;
  const { id: granted } = await kit.desk.create(wish);
  await kit.grant(granted);
  await kit.withdraw(granted);
  assert.deepEqual([waitingIds(kit), phase(kit), kit.ledger.nodes.get(7)!.result], [
    [],
    "delete-server",
    "unused",
  ]);
  await kit.withdraw(granted);
});

Deno.test("a node that somebody holds is kept when the request that had it is withdrawn", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  const hold = { reason: null, owner: "ada", until: null };
  await kit.ledger.changeNode(7, (each) => transition(each, { type: "hold", hold }, NOW));
  await kit.withdraw(id);
  assert.equal(phase(kit), "hold");
  assert.equal(kit.ledger.nodes.get(7)!.jobEnd?.result, null, "nobody works on it any more");
});

Deno.test("waiting for a request that was never made, and an end of waiting, are told", async () => {
  using kit = await deskKit();
  await assert.rejects(kit.wait(99), { status: 410 });
  await assert.rejects(kit.wait(1, AbortSignal.abort(new Error("gone"))), /gone/);
  const { id } = await kit.desk.create(wish);
  const client = new AbortController();
  const waiting = assert.rejects(kit.wait(id, client.signal), /gone/);
  client.abort(new Error("gone"));
  await waiting;
  assert.deepEqual(waitingIds(kit), [id], "the request stays for a while");
});

Deno.test("a request is kept as long as somebody waits for it", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  const waiting = kit.wait(id);
  await kit.clock.advance(60 * MINUTE);
  await kit.desk.withdrawUnattended();
  await kit.grant(id);
  assert.equal((await waiting).length, 1);
});

Deno.test("a request that nobody waited for in 30 seconds is withdrawn, with the nodes that it has", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  await kit.clock.advance(29 * SECOND);
  await kit.desk.withdrawUnattended();
  assert.equal(phase(kit), "used");
  await kit.clock.advance(SECOND);
  await kit.desk.withdrawUnattended();
  assert.deepEqual([waitingIds(kit), phase(kit)], [[], "delete-server"]);
});

Deno.test("the 30 seconds begin anew when a client leaves", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.clock.advance(25 * SECOND);
  const client = new AbortController();
  const waiting = assert.rejects(kit.wait(id, client.signal));
  client.abort(new Error("gone"));
  await waiting;
  await kit.clock.advance(29 * SECOND);
  await kit.desk.withdrawUnattended();
  assert.deepEqual(waitingIds(kit), [id]);
});

Deno.test("a client that comes back just when its request is to be withdrawn keeps its nodes", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  await kit.grant(id);
  await kit.clock.advance(MINUTE);
  const withdrawing = kit.desk.withdrawUnattended();
  assert.equal((await kit.wait(id)).length, 1);
  await withdrawing;
  assert.deepEqual([waitingIds(kit), phase(kit)], [[id], "used"]);
});

Deno.test("a request whose client has given up by its own deadline is withdrawn even if something waits", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create({ ...wish, deadline: NOW + MINUTE });
  const waiting = assert.rejects(kit.wait(id), { status: 410 });
  await kit.clock.advance(MINUTE + 29 * SECOND);
  await kit.desk.withdrawUnattended();
  assert.deepEqual(waitingIds(kit), [id]);
  await kit.clock.advance(SECOND);
  await kit.desk.withdrawUnattended();
  await waiting;
});

Deno.test("after a restart clients have 30 seconds to come back, also for nodes granted before", async () => {
  using kit = await deskKit();
  const granted = await kit.desk.create(wish);
  const left = await kit.desk.create(wish);
  await kit.grant(granted.id);
  await kit.clock.advance(20 * MINUTE);
  await kit.restart();
  await kit.clock.advance(29 * SECOND);
  await kit.desk.withdrawUnattended();
  assert.deepEqual(waitingIds(kit), [granted.id, left.id]);
  assert.equal((await kit.wait(granted.id)).length, 1);
  await kit.clock.advance(SECOND);
  await kit.desk.withdrawUnattended();
  assert.deepEqual([waitingIds(kit), phase(kit)], [[granted.id], "used"]);
});

Deno.test("requests of a former process are deserted until their clients come back, or they are withdrawn", async () => {
  using kit = await deskKit();
  const [first, second] = [await kit.desk.create(wish), await kit.desk.create(wish)];
  assert.deepEqual([...kit.desk.deserted], []);
  await kit.restart();
  const third = await kit.desk.create(wish);
  assert.deepEqual([...kit.desk.deserted], [first.id, second.id]);
  const client = new AbortController();
  const waiting = [first, third].map(({ id }) => assert.rejects(kit.wait(id, client.signal)));
  assert.deepEqual([...kit.desk.deserted], [second.id]);
  assert.equal(kit.returns, 1);
  client.abort();
  await Promise.all(waiting);
  await kit.withdraw(second.id);
  assert.deepEqual([...kit.desk.deserted], []);
});

Deno.test("a daemon that stops ends all waiting and keeps the requests", async () => {
  using kit = await deskKit();
  const { id } = await kit.desk.create(wish);
  const waiting = assert.rejects(kit.wait(id), { status: 503, message: "the daemon is stopping" });
  kit.desk[Symbol.dispose]();
  await waiting;
  assert.deepEqual(waitingIds(kit), [id]);
});

Deno.test("nodes that a target gets are not given out: its jobs could be sent to them", () => {
  const target = {
    name: "ci",
    hostname: "{node_id}",
    subnodeHostname: "{node_id}-{subnode_id}",
    rate: 0,
    assignViaGearman: false,
    jenkins: null,
  };
  const spec = { ...wish };
  const asking = (more: Partial<typeof target>) => () =>
    checkRequest(spec, { config: config({ targets: [{ ...target, ...more }] }) });
  assert.doesNotThrow(asking({}));
  assert.throws(asking({ assignViaGearman: true }), {
    name: "ControlError",
    message: /nodes of target ci, which/,
  });
});

Deno.test("a deadline is meant by the machine's clock, however that is set before and after", async () => {
  using kit = await deskKit();
  kit.clock.stepWall(-10 * HOUR);
  const deadline = kit.clock.wall() + 10 * MINUTE;
  const { id } = await kit.desk.create({ ...wish, deadline });
  assert.equal(kit.ledger.requests.get(id)?.deadline, NOW + 10 * MINUTE);
  kit.clock.stepWall(20 * HOUR);
  const waiting = kit.wait(id).catch((error: Error) => error.message);
  await kit.clock.advance(10 * MINUTE);
  await kit.desk.withdrawUnattended();
  assert.deepEqual(waitingIds(kit), [id]);
  await kit.clock.advance(MINUTE);
  await kit.desk.withdrawUnattended();
  assert.match(String(await waiting), /withdrawn/);
});

/** What a request for that number of nodes is refused with. */
function refusalOf(count: number, pool: Parameters<typeof config>[0]): string {
  try {
    checkRequest({ ...wish, count }, { config: config(pool) });
  } catch (error) {
    return (error as Error).message;
  }
  return "granted";
}

Deno.test("a request that can have no node at all is refused with what keeps the label from it, and what helps", () => {
  const cloud = (name: string, maxServers: number) => provider({ name, maxServers });
  assert.equal(
    refusalOf(1, { labels: [label({ subnodes: 20 })], providers: [cloud("cloud-a", 6)] }),
    "the request asks for 1 node, but none is possible (cloud-a 0: max-servers 6; each node needs 21 servers): raise max-servers",
  );
  assert.equal(
    refusalOf(2, { providers: [cloud("cloud-a", -1)] }),
    "the request asks for 2 nodes, but none is possible (cloud-a is retired): raise max-servers",
  );
  assert.equal(
    refusalOf(1, { providers: [{ ...cloud("cloud-a", 5), images: [] }] }),
    `the request asks for 1 node, but none is possible (cloud-a has no image ${label().image}): add the image to a provider`,
  );
  assert.equal(
    refusalOf(1, { labels: [label({ providers: [] })] }),
    "the request asks for 1 node, but none is possible (no provider): name a provider for the label",
  );
  assert.equal(
    refusalOf(1, { labels: [label({ subnodes: 2, maxServers: 2 })], providers: [cloud("cloud-a", 6)] }),
    "the request asks for 1 node, but none is possible (the label's max-servers 2; cloud-a 2; " +
      "each node needs 3 servers): raise max-servers",
  );
});

Deno.test("a request for an unknown label names those that there are, or says that none is", () => {
  assert.match(refusalOf(1, { labels: [] }), /^there is no label \S+; none are configured$/);
  assert.match(
    refusalOf(1, { labels: [label({ name: "a" }), label({ name: "b" })] }),
    /; the labels are a, b$/,
  );
});

Deno.test("a request for more nodes than there can be is refused with the sum, in which retired providers are named", () => {
  const providers = [
    provider({ name: "cloud-a", maxServers: 6 }),
    provider({ name: "cloud-b", maxServers: -1 }),
  ];
  const labels = [label({ subnodes: 1, providers: ["cloud-a", "cloud-b"] })];
  assert.equal(
    refusalOf(4, { labels, providers }),
    "the request asks for 4 nodes, but at most 3 are possible (cloud-a 3, cloud-b is retired; each node needs 2 servers): " +
      "ask for fewer, or raise max-servers",
  );
  assert.equal(refusalOf(3, { labels, providers }), "granted");
});
