import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { serverIdOf } from "../../src/domain/node.ts";
import { type NodeEvent, transition } from "../../src/domain/node_transition.ts";
import { SECOND } from "../../src/domain/time.ts";
import type { Action } from "../../src/plan/action.ts";
import { LoginError } from "../../src/ssh/shell.ts";
import {
  ADDRESSES,
  catalog,
  config,
  floatingIp as floatingIpOnCloud,
  floatingProvider,
  node,
  NOW,
  provider,
  refusal,
  seen,
  states,
} from "../plan/plan_fixtures.ts";
import { sampleConfig } from "../views/sample_pool.ts";
import {
  type ExecutorKit,
  executorKit,
  gate,
  HOST_KEY,
  scriptedTarget,
  serverRequests,
} from "./execute_fixtures.ts";

const HOLD: NodeEvent = { type: "hold", hold: { reason: "look", owner: "ada", until: null } };
const DELETE: NodeEvent = { type: "delete", by: "user", comment: "by hand", result: "unused" };

function create(kit: ExecutorKit, id = 7): Action {
  return { type: "create-server", node: kit.node(id)! };
}

function change(kit: ExecutorKit, event: NodeEvent, id = 7) {
  return kit.ledger.changeNode(id, (each) => transition(each, event, kit.clock.now()));
}

/** Until what was dispatched has reached the cloud. */
function reach(kit: ExecutorKit, method: string, count = 1): Promise<void> {
  const calls = () => kit.cloud.calls.filter((call) => call.method === method).length;
  return kit.clock.advanceUntil(() => calls() >= count, { within: SECOND });
}

Deno.test("that a server is asked for is stored before it is", async () => {
  const stored: unknown[] = [];
  await using kit: ExecutorKit = await executorKit({
    nodes: [node(states.create)],
    cloud: {
      async createServer() {
        stored.push((await kit.store.load()).nodes[0]!.state);
        return { id: "s7" };
      },
    },
  });
  await kit.run(create(kit));
  assert.deepEqual(stored, [{ phase: "create", sentAt: NOW, lostAt: null }]);
  assert.deepEqual(kit.node()!.state, { phase: "boot", serverId: "s7" });
  assert.deepEqual([kit.told, kit.woken()], [["accepted"], 1]);
});

Deno.test("the server is asked for on the networks that the configuration names", async () => {
  const networks = floatingProvider().networks;
  await using kit = await executorKit({
    nodes: [node(states.create)],
    config: config({ providers: [provider({ networks })] }),
    cloud: { createServer: () => Promise.resolve({ id: "s7" }) },
  });
  await kit.run(create(kit));
  assert.deepEqual(serverRequests(kit.cloud).map(({ networkIds }) => networkIds), [["n1"]]);
});

Deno.test("a target that cannot be connected to is not said to be missing in the configuration", async () => {
  await using kit = await executorKit({ nodes: [node(states.unassign)] });
  await kit.run({ type: "unassign-node", node: kit.node()! });
  const { state, waitingOn } = kit.node()!;
  assert.equal(state.phase, "unassign");
  assert.match(waitingOn!.message, /^there is no connection to target default; check its settings/);
});

Deno.test("a request that cannot be put together is never sent, and ends the node", async () => {
  const networks = floatingProvider().networks;
  const cases = [
    { config: config({ providers: [provider({ images: [] })] }) },
    {
      config: config({ providers: [provider({ networks })] }),
      observation: seen({ catalog: catalog({ networks: [] }) }),
    },
  ];
  for (const each of cases) {
    await using kit = await executorKit({ nodes: [node(states.create)], ...each });
    await kit.run(create(kit));
    assert.deepEqual(kit.cloud.calls, []);
    assert.deepEqual([kit.node()!.state.phase, kit.node()!.result], ["delete-server", "failed"]);
  }
});

Deno.test("a node is asked for once: not twice side by side, and not again by an old plan", async () => {
  const answer = gate<{ id: string }>();
  await using kit = await executorKit({
    nodes: [node(states.create)],
    cloud: { createServer: answer.run },
  });
  const action = create(kit);
  kit.dispatch([action, action]);
  await reach(kit, "createServer");
  kit.dispatch([action]);
  assert.deepEqual([...kit.executor.creating], [7]);
  answer.open({ id: "s7" });
  await kit.executor.settled();
  assert.deepEqual([...kit.executor.creating], []);
  await kit.run(action);
  assert.equal(kit.cloud.calls.length, 1);
});

Deno.test("an answer that got lost leaves the node as it was asked for, for a listing to tell", async () => {
  const timeout = new CloudError("timeout", "no response within 60 s", { effect: "unknown" });
  await using kit = await executorKit({
    nodes: [node(states.create)],
    cloud: { createServer: () => Promise.reject(timeout) },
  });
  const planned = create(kit);
  await kit.run(planned);
  assert.deepEqual(kit.node()!.state, { phase: "create", sentAt: NOW, lostAt: NOW });
  assert.deepEqual(kit.told, ["refused timeout"]);
  await kit.run(planned);
  assert.deepEqual([kit.cloud.calls.length, kit.defects], [1, []], "an old plan asks for it again");
});

Deno.test("a refused request ends the node; only a failure of its own pauses the label", async () => {
  const answers = [["quota", "refused", 0], ["conflict", "failed", 1]] as const;
  for (const [kind, result, pauses] of answers) {
    const error = new CloudError(kind, "no", { effect: "none" });
    await using kit = await executorKit({
      nodes: [node(states.create)],
      cloud: { createServer: () => Promise.reject(error) },
    });
    await kit.run(create(kit));
    assert.deepEqual([kit.node()!.result, kit.ledger.pauses.size], [result, pauses]);
  }
});

for (const [mark, event] of [["held", HOLD], ["marked for deletion", DELETE]] as const) {
  Deno.test(`a node that is ${mark} while its server is asked for gets the server and stays ${mark}`, async () => {
    const answer = gate<{ id: string }>();
    await using kit = await executorKit({
      nodes: [node(states.create)],
      cloud: { createServer: answer.run },
    });
    kit.dispatch([create(kit)]);
    await reach(kit, "createServer");
    await change(kit, event);
    const { phase } = kit.node()!.state;
    answer.open({ id: "s7" });
    await kit.executor.settled();
    assert.deepEqual([kit.node()!.state.phase, serverIdOf(kit.node()!)], [phase, "s7"]);
  });

  Deno.test(`a node that is ${mark} before its turn comes is not asked for`, async () => {
    await using kit = await executorKit({ nodes: [node(states.create)] });
    const action = create(kit);
    await change(kit, event);
    await kit.run(action);
    assert.deepEqual(kit.cloud.calls, []);
  });
}

const giveUp = (kit: ExecutorKit): Action => ({
  type: "give-up",
  node: kit.node()!,
  failure: { serverId: "s7", kind: "ssh", message: "no login", wantsConsole: true },
});

Deno.test("a launch that is given up is marked for deletion with its console, and pauses the label", async () => {
  await using kit = await executorKit({
    nodes: [node(states.login)],
    cloud: { getConsole: () => Promise.resolve("panic") },
  });
  await kit.run(giveUp(kit));
  const { state, evidence } = kit.node()!;
  assert.deepEqual([state.phase, evidence?.console, evidence?.error], ["delete-server", "panic", "no login"]);
  assert.equal([...kit.ledger.pauses.values()][0]?.lastError, "no login");
});

Deno.test("a node that is held while its launch is being given up is not deleted", async () => {
  const answer = gate<string>();
  await using kit = await executorKit({ nodes: [node(states.login)], cloud: { getConsole: answer.run } });
  kit.dispatch([giveUp(kit)]);
  await reach(kit, "getConsole");
  await change(kit, HOLD);
  answer.open("panic");
  await kit.executor.settled();
  assert.deepEqual(kit.node()!.state, states.hold);
  assert.deepEqual([kit.node()!.result, kit.ledger.pauses.size, kit.defects], [null, 0, []]);
});

Deno.test("slow logins do not use up the places of others", async () => {
  const many = Array.from(
    { length: 60 },
    (_, index) => node(states.login, { id: index + 1, addresses: ADDRESSES }),
  );
  const never = gate<{ exitCode: number; output: string }>();
  let logins = 0;
  await using kit = await executorKit({
    nodes: many,
    login: () => ++logins <= 50 ? never.run() : Promise.resolve({ exitCode: 0, output: "" }),
  });
  const dispatch = () => {
    const waiting = [...kit.ledger.nodes.values()].filter(({ state }) => state.phase === "login");
    kit.dispatch(waiting.map((node) => ({ type: "login", node, address: "10.0.0.7" })));
  };
  dispatch();
  await kit.clock.advance(SECOND);
  assert.equal(logins, 48, "no more at once");
  await kit.clock.advance(5 * SECOND);
  dispatch();
  await kit.clock.advance(SECOND);
  const ready = [...kit.ledger.nodes.values()].filter(({ state }) => state.phase === "ready");
  assert.equal(ready.length, 10);
  never.open({ exitCode: 0, output: "" });
  await kit.clock.advance(SECOND);
});

Deno.test("a login ends when its node is to be deleted", async () => {
  let aborted: unknown = null;
  await using kit = await executorKit({ nodes: [node(states.login, { addresses: ADDRESSES })] });
  const { promise, reject } = Promise.withResolvers<never>();
  kit.shell.login = (_target, { signal }) => {
    signal.addEventListener("abort", () => reject(aborted = signal.reason));
    return promise;
  };
  kit.dispatch([login(kit)]);
  await kit.clock.advance(SECOND);
  assert.equal(aborted, null);
  await change(kit, { type: "delete", by: "user", comment: "delete", result: "lost" });
  await kit.executor.settled();
  assert.notEqual(aborted, null);
  assert.deepEqual([kit.node()!.state.phase, kit.defects], ["delete-server", []]);
});

Deno.test("an agent that is still being made is not removed before it is there", async () => {
  const made = gate<unknown>();
  const calls: string[] = [];
  const target = scriptedTarget((method) => {
    calls.push(method);
    return method === "createAgent" ? made.run() : Promise.resolve("deleted");
  });
  const settings = sampleConfig().targets[0]!;
  const jenkins = { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob: null };
  await using kit = await executorKit({
    nodes: [node(states.assign, { addresses: ADDRESSES })],
    target: { type: "jenkins", target, config: { ...settings, jenkins } },
  });
  kit.dispatch([{ type: "assign-node", node: kit.node()! }]);
  await kit.clock.advanceUntil(() => calls.length > 0, { within: SECOND });
  await change(kit, DELETE);
  assert.equal(kit.node()!.state.phase, "unassign");
  const unassign = () => kit.dispatch([{ type: "unassign-node", node: kit.node()! }]);
  unassign();
  await kit.clock.advance(SECOND);
  assert.deepEqual(calls, ["createAgent"]);
  made.open("created");
  await kit.executor.settled();
  assert.equal(kit.node()!.manager, settings.name, "so that a manager is asked to give it back");
  unassign();
  await kit.executor.settled();
  assert.deepEqual([calls, kit.node()!.state.phase], [["createAgent", "deleteAgent"], "delete-server"]);
});

Deno.test("an agent that is still being made keeps its label, by which it is known as the one that was asked for", async () => {
  const made = gate<unknown>();
  const calls: string[] = [];
  const target = scriptedTarget((method) => {
    calls.push(method);
    return method === "createAgent" ? made.run() : Promise.resolve();
  });
  const settings = sampleConfig().targets[0]!;
  const jenkins = { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob: null };
  await using kit = await executorKit({
    nodes: [node(states.assign, { addresses: ADDRESSES })],
    target: { type: "jenkins", target, config: { ...settings, jenkins } },
  });
  kit.dispatch([{ type: "assign-node", node: kit.node()! }]);
  await kit.clock.advanceUntil(() => calls.length > 0, { within: SECOND });
  await change(kit, { type: "assigned", manager: null, next: "ready" });
  await change(kit, { type: "taken", job: "unit", requestId: null });
  const close = () => kit.dispatch([{ type: "close-agent", node: kit.node()! }]);
  close();
  await kit.clock.advance(SECOND);
  assert.deepEqual(calls, ["createAgent"]);
  made.open("created");
  await kit.executor.settled();
  close();
  await kit.executor.settled();
  assert.deepEqual(calls, ["createAgent", "relabelAgent"]);
});

const login = (kit: ExecutorKit): Action => ({ type: "login", node: kit.node()!, address: "10.0.0.7" });

Deno.test("a login makes the node ready, keeps the host key and ends the label's pause", async () => {
  await using kit = await executorKit({ nodes: [node(states.login, { addresses: ADDRESSES })] });
  const pause = {
    provider: "cloud-a",
    label: "noble",
    failures: 4,
    until: NOW,
    lastError: "",
    lastFailureAt: NOW,
  };
  await kit.ledger.edit((edit) => edit.putPause(pause));
  await kit.run(login(kit));
  assert.deepEqual([kit.node()!.state.phase, kit.node()!.hostKeys], ["ready", [HOST_KEY]]);
  assert.equal(kit.ledger.pauses.size, 0);
});

Deno.test("an outcome that comes after its node went on changes nothing", async () => {
  for (const [event, fails] of [[HOLD, false], [DELETE, false], [HOLD, true], [DELETE, true]] as const) {
    const answer = gate<{ exitCode: number; output: string }>();
    await using kit = await executorKit({
      nodes: [node(states.login, { addresses: ADDRESSES })],
      login: answer.run,
    });
    kit.dispatch([login(kit)]);
    await kit.clock.advanceUntil(() => kit.shell.targets.length > 0, { within: SECOND });
    const marked = await change(kit, event);
    if (fails) answer.fail(new LoginError("network", "refused"));
    else answer.open({ exitCode: 0, output: "" });
    await kit.executor.settled();
    assert.deepEqual([kit.node(), kit.defects], [marked, []]);
  }
});

const remove = (kit: ExecutorKit): Action => ({
  type: "delete-server",
  node: kit.node()!,
  serverId: "s7",
});

Deno.test("that a server is to be deleted is stored before the cloud is asked, so that nobody can hold it any more", async () => {
  const answer = gate<"accepted">();
  await using kit = await executorKit({
    nodes: [node(states["delete-server"])],
    cloud: { deleteServer: answer.run },
  });
  kit.dispatch([remove(kit)]);
  await reach(kit, "deleteServer");
  await assert.rejects(change(kit, HOLD), /event hold is not possible/);
  answer.open("accepted");
  await kit.executor.settled();
  assert.deepEqual(kit.node()!.state, { ...states["delete-server"], askedAt: NOW, acceptedAt: NOW });
});

Deno.test("a node that was held after its deletion was planned keeps its server", async () => {
  await using kit = await executorKit({ nodes: [node(states["delete-server"])] });
  const action = remove(kit);
  await change(kit, HOLD);
  await kit.run(action);
  assert.deepEqual(kit.cloud.calls, []);
  assert.deepEqual(kit.node()!.state, states.hold);
});

Deno.test("a deletion that was planned before another attempt had asked is not sent again", async () => {
  await using kit = await executorKit({
    nodes: [node(states["delete-server"])],
    cloud: { deleteServer: () => Promise.resolve("accepted") },
  });
  const planned = remove(kit);
  await kit.run(planned);
  await kit.run(planned);
  assert.equal(kit.cloud.calls.length, 1);
  assert.equal(kit.node()!.attempt, 0);

  const locked = new CloudError("conflict", "it is locked", { effect: "none" });
  await using failing = await executorKit({
    nodes: [node(states["delete-server"])],
    cloud: { deleteServer: () => Promise.reject(locked) },
  });
  const refused = remove(failing);
  await failing.run(refused);
  await failing.run(refused);
  assert.equal(failing.cloud.calls.length, 1);
});

Deno.test("a server that may not be deleted now can still be held", async () => {
  const other = node(states.used, { id: 8 });
  await using kit = await executorKit({ nodes: [node(states["delete-server"]), other] });
  await kit.run(remove(kit));
  assert.deepEqual(kit.cloud.calls, []);
  assert.equal(kit.node()!.waitingOn?.message, "s7 belongs to node 8 (used)");
  assert.deepEqual(kit.node()!.state, states["delete-server"]);
  assert.equal((await change(kit, HOLD))?.state.phase, "hold");
});

Deno.test("a floating IP that somebody moved stays when its node ends, and its node's history says so", async () => {
  const floatingIp = { id: "f7", address: "203.0.113.7", portId: "p7" };
  await using kit = await executorKit({
    nodes: [node(states["delete-address"], { floatingIp })],
    cloud: { getFloatingIp: () => Promise.resolve(floatingIpOnCloud("f7", { portId: "p9" })) },
  });
  await kit.run({ type: "delete-floating-ip", node: kit.node()!, floatingIpId: "f7" });
  assert.deepEqual(kit.node()!.floatingIp, { ...floatingIp, isMoved: true });
});

Deno.test("a server that the cloud does not know is gone, one that it will not delete is asked for again", async () => {
  await using gone = await executorKit({
    nodes: [node(states["delete-server"])],
    cloud: { deleteServer: () => Promise.resolve("gone") },
  });
  await gone.run(remove(gone));
  assert.equal(gone.node()!.state.phase, "delete-address");

  const conflict = new CloudError("conflict", "it is locked", { effect: "none" });
  await using locked = await executorKit({
    nodes: [node(states["delete-server"], { attempt: 1 })],
    cloud: { deleteServer: () => Promise.reject(conflict) },
  });
  await locked.run(remove(locked));
  const { retryAt, attempt, waitingOn } = locked.node()!;
  assert.deepEqual([retryAt, attempt, waitingOn?.message], [NOW + 4 * SECOND, 2, "it is locked"]);
});

Deno.test("a floating IP is made with the node's mark, and stored also when the node was marked meanwhile", async () => {
  const answer = gate<{ id: string; address: string }>();
  await using kit = await executorKit({
    nodes: [node(states.address)],
    cloud: { createFloatingIp: answer.run as () => Promise<never> },
  });
  const ways = [{ portId: "p7", networkId: "n2" }];
  kit.dispatch([{ type: "create-floating-ip", node: kit.node()!, ways, otherwise: null }]);
  await reach(kit, "createFloatingIp");
  const asked = kit.cloud.calls[0]?.subject as { description: string };
  assert.equal(asked.description, `nodepool ${kit.ledger.installation.id} node 7`);
  await change(kit, DELETE);
  answer.open({ id: "f7", address: "203.0.113.7" });
  await kit.executor.settled();
  assert.deepEqual(kit.node()!.floatingIp, { id: "f7", address: "203.0.113.7", portId: "p7" });
});

Deno.test("a node leaves the pool once its floating IP is deleted, and leaves its history", async () => {
  const floatingIp = { id: "f7", address: "203.0.113.7" };
  const leaving = node(states["delete-address"], { floatingIp });
  const action = (kit: ExecutorKit): Action => ({
    type: "delete-floating-ip",
    node: kit.node()!,
    floatingIpId: "f7",
  });
  await using kit = await executorKit({
    nodes: [leaving],
    cloud: {
      getFloatingIp: () => Promise.resolve(floatingIpOnCloud("f7")),
      deleteFloatingIp: () => Promise.resolve("accepted"),
    },
  });
  await kit.run(action(kit));
  assert.equal(kit.node(), undefined);
  assert.equal((await kit.ledger.getHistory(7))?.endedAt, NOW);

  await using failing = await executorKit({ nodes: [leaving] });
  await failing.run(action(failing));
  assert.deepEqual(failing.node()!.floatingIp, floatingIp);
  assert.ok((failing.node()!.retryAt ?? 0) > NOW);
});

Deno.test("a provider is asked for so many servers at once and no more; the rest waits for a later plan", async () => {
  const answer = gate<{ id: string }>();
  const nodes = Array.from({ length: 20 }, (_, index) => node(states.create, { id: index + 1 }));
  await using kit = await executorKit({ nodes, cloud: { createServer: answer.run } });
  kit.dispatch(nodes.map(({ id }) => create(kit, id)));
  await reach(kit, "createServer", 16);
  const running = () => [...kit.executor.lanes.values()].reduce((sum, { used }) => sum + used, 0);
  assert.deepEqual([running(), kit.executor.creating.size, kit.cloud.calls.length], [16, 16, 16]);
  const untouched = [...kit.ledger.nodes.values()].filter(({ state }) =>
    state.phase === "create" && state.sentAt === null
  );
  assert.equal(untouched.length, 4);
  answer.open({ id: "s" });
  await kit.executor.settled();
  assert.deepEqual([running(), kit.woken()], [0, 16]);
});

Deno.test("a provider that refused is asked for one server at a time", async () => {
  const answer = gate<{ id: string }>();
  const nodes = [1, 2, 3].map((id) => node(states.create, { id }));
  await using kit = await executorKit({
    nodes,
    cloud: { createServer: answer.run },
    observation: seen({ refusal: refusal() }),
  });
  kit.dispatch(nodes.map(({ id }) => create(kit, id)));
  await reach(kit, "createServer");
  assert.deepEqual([...kit.executor.creating], [1]);
  answer.open({ id: "s" });
});

Deno.test("actions for a provider that is gone are left alone", async () => {
  const other = node(states.create, { provider: "cloud-b" });
  await using kit = await executorKit({ nodes: [other] });
  await kit.run(create(kit));
  assert.deepEqual([kit.node()!.state, kit.cloud.calls], [states.create, []]);
});

Deno.test("a request that is under way when the pool stops counts as lost, and nothing new begins", async () => {
  await using kit = await executorKit({
    nodes: [node(states.create), node(states.create, { id: 8 })],
    cloud: {
      createServer: (_request, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
  });
  kit.dispatch([create(kit)]);
  await reach(kit, "createServer");
  await kit.executor[Symbol.asyncDispose]();
  assert.deepEqual(kit.node()!.state, { phase: "create", sentAt: NOW, lostAt: NOW });
  await kit.run(create(kit, 8));
  assert.deepEqual(kit.node(8)!.state, states.create);
});
