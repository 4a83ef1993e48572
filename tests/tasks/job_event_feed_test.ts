/** What publishers tell of jobs, put into a ledger. */
import assert from "node:assert/strict";
import type { JobEvent } from "../../src/demand/zmq/job_event.ts";
import type { Config } from "../../src/domain/config.ts";
import { autoHoldReason } from "../../src/domain/auto_hold.ts";
import { isJobRunning } from "../../src/domain/end_of_hold.ts";
import type { LinkState } from "../../src/domain/link_state.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { SECOND } from "../../src/domain/time.ts";
import { JobEventFeed } from "../../src/tasks/job_event_feed.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { config, node, NOW, states } from "../plan/plan_fixtures.ts";
import { sampleConfig } from "../views/sample_pool.ts";

const JENKINS = { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob: "node-test" };
const TESTING = config({
  targets: [{ ...sampleConfig().targets[0]!, name: "default", assignViaGearman: false, jenkins: JENKINS }],
});

function event(type: JobEvent["type"], fields: Partial<JobEvent> = {}): JobEvent {
  return {
    type,
    job: "unit",
    nodename: NODENAME,
    result: type === "started" ? null : "SUCCESS",
    branch: "main",
    ...fields,
  };
}

const NODENAME = node(states.ready).nodename;

async function kit(
  nodes: readonly NodeRecord[],
  {
    inForce = config() as Config,
    beforeListening = (_endpoint: string) => {},
    stateOf = (_endpoint: string): LinkState => ({ status: "connected", since: NOW }),
  } = {},
) {
  const ledgerKit = await ledgerWith(...nodes);
  const listening: string[] = [];
  const ended: unknown[][] = [];
  let [closed, onEvent] = [0, (_: JobEvent) => {}];
  const feed = new JobEventFeed({
    ...ledgerKit,
    listen(options) {
      const { endpoint } = options;
      beforeListening(endpoint);
      listening.push(endpoint);
      onEvent = options.onEvent;
      return {
        endpoint,
        get state() {
          return stateOf(endpoint);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(void closed++),
      };
    },
    onJobEnd: (one, { job, result }) => ended.push([one.id, one.state.phase, job, result]),
    onError: (task, error) => assert.fail(`${task}: ${error}`),
  });
  await feed.configure({ ...inForce, zmqPublishers: ["tcp://ci:8888"] });
  return {
    ...ledgerKit,
    feed,
    ended,
    listening,
    closed: () => closed,
    /** Tells the events, then waits until they are stored. */
    async tell(...events: readonly JobEvent[]) {
      events.forEach((one) => onEvent(one));
      // An edit after theirs ends after them.
      await ledgerKit.ledger.edit(() => {});
      await ledgerKit.ledger.edit(() => {});
    },
    stored: (id = 7) => ledgerKit.ledger.nodes.get(id)!,
  };
}

Deno.test("a job that has begun makes its node used", async () => {
  const { feed, tell, stored } = await kit([node(states.ready)]);
  await using _feed = feed;
  await tell(event("started"));
  assert.deepEqual([stored().state.phase, stored().job, stored().jobEnd], ["used", "unit", null]);
});

Deno.test("its end is noted with the result, and told of once", async () => {
  const { feed, tell, stored, ended, clock } = await kit([node(states.ready)]);
  await using _feed = feed;
  await tell(event("started"));
  await tell(event("completed", { result: "ABORTED" }));
  assert.equal(stored().jobEnd, null, "a completed job is not over yet");
  await tell(event("finalized", { result: "FAILURE" }));
  assert.deepEqual(stored().jobEnd, { at: NOW, result: "FAILURE" });
  await clock.advance(SECOND);
  await tell(event("finalized", { result: "SUCCESS" }));
  assert.deepEqual(stored().jobEnd, { at: NOW, result: "FAILURE" });
  assert.deepEqual(ended, [[7, "used", "unit", "FAILURE"]]);
});

Deno.test("the end of a job whose start was missed ends its node all the same", async () => {
  const { feed, tell, stored } = await kit([node(states.ready)]);
  await using _feed = feed;
  await tell(event("finalized"));
  assert.deepEqual([stored().state.phase, stored().job, stored().jobEnd?.result], [
    "used",
    "unit",
    "SUCCESS",
  ]);
});

Deno.test("a job that is told of only once its node is to go keeps it: whoever decided that did not know", async () => {
  const going = { phase: "unassign", serverId: "s7", mayRunJob: true } as const;
  const decided = { deletedBy: "check", comment: "failed the check", result: "lost" } as const;
  const { feed, tell, stored } = await kit([node(going, decided)]);
  await using _feed = feed;
  await tell(event("started"));
  const { state, job, deletedBy, comment, result } = stored();
  assert.deepEqual([state.phase, job, deletedBy, comment, result], ["used", "unit", null, null, null]);
  await tell(event("finalized"));
  assert.equal(stored().jobEnd?.result, "SUCCESS");
});

Deno.test("a job that begins before the target has answered that a tested node may have jobs makes it used", async () => {
  const passed = node(states.test, { jobEnd: { at: NOW - SECOND, result: "SUCCESS" } });
  const { feed, tell, stored } = await kit([passed], { inForce: TESTING });
  await using _feed = feed;
  await tell(event("started", { job: "node-test" }), event("finalized", { job: "node-test" }));
  assert.equal(stored().state.phase, "test");
  await tell(event("started"));
  assert.deepEqual([stored().state.phase, stored().job, stored().jobEnd], ["used", "unit", null]);
});

Deno.test("a node that was taken for another job keeps that name", async () => {
  const { feed, tell, stored } = await kit([node(states.used, { job: "taken-for" })]);
  await using _feed = feed;
  await tell(event("started"), event("finalized"));
  assert.deepEqual([stored().job, stored().jobEnd?.result], ["taken-for", "SUCCESS"]);
});

Deno.test("nothing that is told changes a node that is building or being deleted", async () => {
  for (const state of [states.login, states.unassign, states["delete-server"]]) {
    const { feed, tell, stored, ended } = await kit([node(state)]);
    await using _feed = feed;
    const before = stored();
    await tell(event("started"), event("finalized", { result: "FAILURE" }));
    assert.deepEqual([stored(), ended], [before, []]);
  }
});

Deno.test("jobs on a held node are noted, so that the end of the hold spares those that run, and it stays held", async () => {
  const { feed, tell, stored, ended } = await kit([node(states.hold)]);
  await using _feed = feed;
  const before = stored();
  const now = () => [stored().state, stored().job, stored().jobEnd?.result, isJobRunning(stored())];
  assert.deepEqual(now(), [before.state, null, undefined, false]);
  await tell(event("started"));
  assert.deepEqual(now(), [before.state, "unit", undefined, true]);
  await tell(event("finalized", { result: "FAILURE" }));
  assert.deepEqual(now(), [before.state, "unit", "FAILURE", false]);
  await tell(event("started", { job: "next" }));
  assert.deepEqual([...now(), ended], [before.state, "unit", undefined, true, []]);
});

Deno.test("a job that its target begins before it has answered makes the node used, and the answer still counts", async () => {
  const assigning = node(states.assign, { assignedAt: NOW - SECOND });
  const { feed, tell, stored, ledger } = await kit([assigning]);
  await using _feed = feed;
  await tell(event("started"));
  assert.deepEqual([stored().state.phase, stored().job], ["used", "unit"]);
  const answer = { type: "assigned", manager: "ci", next: "ready" } as const;
  await ledger.edit((edit) => edit.putNode(transition(edit.node(7)!, answer, NOW)));
  assert.deepEqual([stored().state.phase, stored().manager], ["used", "ci"]);
});

Deno.test("a job that begins on a used node whose job is over keeps it until its own end", async () => {
  const { feed, tell, stored, clock } = await kit([node(states.ready)]);
  await using _feed = feed;
  await tell(event("started"), event("finalized", { result: "FAILURE" }));
  await tell(event("started", { job: "next" }));
  assert.deepEqual([stored().state.phase, stored().job, stored().jobEnd], ["used", "next", null]);
  await clock.advance(SECOND);
  await tell(event("finalized", { job: "next" }));
  assert.deepEqual([stored().job, stored().jobEnd], ["next", { at: NOW + SECOND, result: "SUCCESS" }]);
});

Deno.test("a node that is to be held for a job that failed is held as soon as the next one begins on it", async () => {
  const { feed, tell, stored, ledger } = await kit([node(states.ready)]);
  await using _feed = feed;
  await ledger.edit((edit) =>
    edit.putJob({ id: 1, revision: 0, job: "unit", holdOnFailure: 1, createdAt: NOW })
  );
  await tell(event("started"), event("finalized", { result: "FAILURE" }), event("started", { job: "next" }));
  assert.deepEqual([stored().state.phase, stored().hold?.reason, stored().jobEnd], [
    "hold",
    autoHoldReason("unit"),
    null,
  ]);
});

Deno.test("only the end of its own test-job concerns a node under test", async () => {
  const { feed, tell, stored, ended } = await kit([node(states.test)], { inForce: TESTING });
  await using _feed = feed;
  await tell(event("started", { job: "node-test" }), event("finalized", { result: "FAILURE" }));
  assert.deepEqual([stored().state.phase, stored().jobEnd], ["test", null]);
  await tell(event("finalized", { job: "node-test" }));
  assert.deepEqual([stored().state.phase, stored().jobEnd?.result, ended], ["test", "SUCCESS", []]);
});

Deno.test("jobs on machines that are no nodes are passed over, and nodes that come later are known", async () => {
  const { feed, tell, put, stored } = await kit([]);
  await using _feed = feed;
  await tell(event("started"), event("finalized", { nodename: "" }));
  await put(node(states.ready));
  await tell(event("started"));
  assert.equal(stored().state.phase, "used");
});

Deno.test("the end of a node takes nothing from another of its name", async () => {
  const { feed, tell, stored, ledger } = await kit([
    node(states["delete-address"], { id: 6, nodename: NODENAME }),
    node(states.ready),
  ]);
  await using _feed = feed;
  await ledger.edit((edit) => edit.removeNode(6));
  await tell(event("started"));
  assert.equal(stored().state.phase, "used");
});

Deno.test("no event of a manager can have been missed since the publisher is connected that has told of its jobs", async () => {
  const links = new Map<string, LinkState>();
  const { feed, tell } = await kit(
    [
      node(states.ready, { manager: "ci01", assignedAt: NOW }),
      node(states.ready, { id: 8, nodename: "other", manager: "ci02", assignedAt: NOW }),
    ],
    { stateOf: (endpoint) => links.get(endpoint)! },
  );
  await using _feed = feed;
  const connected = (since: number) => ({ status: "connected", since } as const);
  links.set("tcp://one:8888", connected(5)).set("tcp://silent:8888", { status: "connecting", since: 1 });
  await feed.configure(config({ zmqPublishers: ["tcp://silent:8888", "tcp://one:8888"] }));
  assert.deepEqual([...feed.heardSince], [], "nothing has been told yet");
  await tell(event("started"));
  assert.deepEqual([...feed.heardSince], [["ci01", 5]], "no publisher need be that of ci02");
  links.set("tcp://one:8888", { status: "away", since: 6, message: "refused", retryAt: 9 });
  assert.deepEqual([...feed.heardSince], []);
  links.set("tcp://one:8888", connected(7));
  assert.deepEqual([...feed.heardSince], [["ci01", 7]]);
  await feed.configure(config());
  assert.deepEqual([...feed.heardSince], [], "nobody reports jobs");
});

Deno.test("other publishers are listened to in place of the ones before, the same ones go on", async () => {
  const { feed, listening, closed } = await kit([]);
  await using _feed = feed;
  await feed.configure(config({ zmqPublishers: ["tcp://ci:8888"] }));
  assert.deepEqual([listening.length, closed()], [1, 0]);
  assert.deepEqual(feed.publishers.map(({ endpoint }) => endpoint), ["tcp://ci:8888"]);
  await feed.configure(config({ zmqPublishers: ["tcp://other:8888"] }));
  assert.deepEqual([listening.length, closed()], [2, 1]);
  await feed.configure(config());
  assert.deepEqual([listening.length, closed(), feed.publishers], [2, 2, []]);
});

Deno.test("publishers that come, go and change places leave the connections to the others as they are", async () => {
  const { feed, listening, closed } = await kit([]);
  await using _feed = feed;
  await feed.configure(config({ zmqPublishers: ["tcp://new:8888", "tcp://ci:8888"] }));
  assert.deepEqual([listening, closed()], [["tcp://ci:8888", "tcp://new:8888"], 0]);
  assert.deepEqual(feed.publishers.map(({ endpoint }) => endpoint), ["tcp://new:8888", "tcp://ci:8888"]);
  await feed.configure(config({ zmqPublishers: ["tcp://ci:8888"] }));
  assert.deepEqual([listening.length, closed()], [2, 1]);
});

Deno.test("publishers that cannot be listened to are tried again with the next configuration, though it is the same", async () => {
  let isBroken = true;
  const { feed, listening } = await kit([], {
    beforeListening: (endpoint) => {
      if (isBroken && endpoint === "tcp://other:8888") throw new Error("no such host");
    },
  });
  await using _feed = feed;
  const other = config({ zmqPublishers: ["tcp://other:8888"] });
  await assert.rejects(feed.configure(other), /no such host/);
  assert.deepEqual(feed.publishers, []);
  isBroken = false;
  await feed.configure(other);
  assert.deepEqual(listening, ["tcp://ci:8888", "tcp://other:8888"]);
});
