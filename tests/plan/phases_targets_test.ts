/** The ladders of a node on its way to its target, being tested there, and being taken off it. */
import assert from "node:assert/strict";
import type { Config, TargetConfig } from "../../src/domain/config.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import type { NodeStep } from "../../src/plan/node_step.ts";
import { planAssign, targetPause } from "../../src/plan/phases/assign.ts";
import { planTest } from "../../src/plan/phases/test.ts";
import { planUnassign } from "../../src/plan/phases/delete.ts";
import { planUsed } from "../../src/plan/phases/used.ts";
import { sampleConfig } from "../views/sample_pool.ts";
import { actionOf, config, heard, NOW, seen, server, situation, states, without } from "./plan_fixtures.ts";

const JENKINS = {
  url: "http://ci.example.org/",
  user: "nodepool",
  apiKey: null,
  credentialsId: null,
  testJob: null,
};

function target(fields: Partial<TargetConfig> = {}): TargetConfig {
  return {
    ...sampleConfig().targets[0]!,
    name: "default",
    assignViaGearman: false,
    jenkins: JENKINS,
    ...fields,
  };
}

const withTarget = (fields: Partial<TargetConfig> = {}): Config => config({ targets: [target(fields)] });
const testing = withTarget({ jenkins: { ...JENKINS, testJob: "node-test" } });
const gone = without("s7");
const failed = (message: string) => ({ reason: "target", message, since: NOW - SECOND } as const);

function removed(step: NodeStep) {
  assert.ok(step.do === "change" && step.event.type === "delete", JSON.stringify(step));
  return step.event;
}

Deno.test("assign: the target is told, whether it is a Jenkins or behind Gearman", () => {
  for (const fields of [{}, { assignViaGearman: true, jenkins: null }]) {
    const at = situation(states.assign, { config: withTarget(fields) });
    assert.deepEqual(planAssign(at), { do: "act", action: { type: "assign-node", node: at.node } });
  }
});

Deno.test("assign: a target that takes no nodes by itself is not waited for", () => {
  const step = planAssign(situation(states.assign, { config: withTarget({ jenkins: null }) }));
  assert.deepEqual(step, { do: "change", event: { type: "assigned", manager: null, next: "ready" } });
});

Deno.test("assign: a target that is offline is waited for with its reason, one that is online is not", () => {
  const at = situation(states.assign, { config: withTarget() });
  const offline = new Map([["default", { online: false, reason: "it is quieting down" }]] as const);
  assert.deepEqual(planAssign({ ...at, targets: offline }), {
    do: "wait",
    reason: "target",
    message: "target default is offline: it is quieting down",
  });
  assert.equal(
    actionOf(planAssign({ ...at, targets: new Map([["default", { online: true }]]) })),
    "assign-node",
  );
});

Deno.test("assign: a server that is not ACTIVE is not handed over, and one that will not be costs its node", () => {
  const withStatus = (status: string) =>
    planAssign(situation({ ...states.assign, inactiveSince: NOW }, {
      config: withTarget(),
      seen: seen({ servers: [server("s7", { status })] }),
    }));
  assert.deepEqual(withStatus("REBOOT"), {
    do: "wait",
    reason: "active",
    message: "the server is REBOOT",
    until: NOW + 2 * MINUTE,
  });
  assert.equal(removed(withStatus("SHUTOFF")).comment, "server s7 is SHUTOFF");
  assert.deepEqual(withStatus("UNKNOWN"), { do: "change", event: { type: "active" } });
});

Deno.test("assign: since when its server is not ACTIVE is in the node's state until it is again", () => {
  const at = situation(states.assign, {
    config: withTarget(),
    seen: seen({ servers: [server("s7", { status: "REBOOT" })] }),
  });
  assert.deepEqual(planAssign(at), { do: "change", event: { type: "inactive" } });
  const inactive = transition(at.node, { type: "inactive" }, NOW);
  assert.deepEqual(inactive.state, { ...states.assign, inactiveSince: NOW });
  assert.deepEqual(transition(inactive, { type: "active" }, NOW + SECOND).state, states.assign);
});

Deno.test("assign: a server that does not become ACTIVE again within boot-timeout costs its node, once that has been seen", () => {
  const since = NOW - 10 * MINUTE;
  const planned = (ago: number, { assignedAt = null as number | null } = {}) => {
    const at = situation({ ...states.assign, inactiveSince: since }, {
      config: withTarget(),
      seen: seen({ servers: [server("s7", { status: "VERIFY_RESIZE" })] }),
      fields: { assignedAt },
    });
    const end = since + at.provider.bootTimeout;
    return planAssign({ ...at, now: end + ago });
  };
  const early = planned(-1);
  assert.ok(
    early.do === "wait" && early.until !== undefined && early.message === "the server is VERIFY_RESIZE",
  );
  const { by, result, comment } = removed(planned(0));
  assert.deepEqual([by, result], ["cloud", "failed"]);
  assert.match(comment, /^server s7 was not ACTIVE for 2m \(VERIFY_RESIZE\)$/);
});

Deno.test("assign: a failed attempt is made again after its pause", () => {
  const fields = { retryAt: NOW + SECOND, waitingOn: failed("no answer") };
  const at = situation(states.assign, { config: withTarget(), fields });
  assert.deepEqual(planAssign(at), {
    do: "wait",
    reason: "target",
    message: "no answer",
    until: NOW + SECOND,
  });
  assert.equal(actionOf(planAssign({ ...at, now: NOW + SECOND })), "assign-node");
});

Deno.test("assign: a node whose server or target is gone is deleted", () => {
  const lost = removed(planAssign(situation(states.assign, { config: withTarget(), seen: gone })));
  assert.equal(lost.result, "failed");
  const unused = removed(planAssign(situation(states.assign, { config: config() })));
  assert.deepEqual([unused.result, unused.comment], [
    "unused",
    "the configuration no longer has target default",
  ]);
});

Deno.test("assign: a node that its target may have given a job goes with a target that is gone once none can be running", () => {
  const at = situation(states.assign, { config: config(), fields: { assignedAt: NOW - MINUTE } });
  const { state } = transition(at.node, removed(planAssign(at)), NOW);
  assert.deepEqual([state.phase, "mayRunJob" in state], ["unassign", true]);
});

Deno.test("the pause between attempts at a target grows up to a minute", () => {
  const pauses = [0, 1, 2, 5, 6, 100].map((attempt) => targetPause({ attempt }));
  assert.deepEqual(pauses, [1, 2, 4, 32, 60, 60].map((seconds) => seconds * SECOND));
});

Deno.test("test: the test-job is started once, then its end is waited for", () => {
  const at = situation(states.test, { config: testing });
  const start = { do: "act", action: { type: "start-test", node: at.node, job: "node-test" } };
  assert.deepEqual(planTest(at), start);
  const started = situation({ ...states.test, startedAt: NOW }, { config: testing });
  assert.deepEqual(planTest(started), {
    do: "wait",
    reason: "target",
    message: "the test-job node-test runs on it",
    until: started.node.stateSince + 5 * MINUTE,
  });
});

Deno.test("test: a start that failed is made again after its pause", () => {
  const fields = { attempt: 1, retryAt: NOW + SECOND, waitingOn: failed("no answer") };
  const at = situation({ ...states.test, startedAt: NOW }, { config: testing, fields });
  assert.equal(planTest(at).do, "wait");
  const step = planTest({ ...at, now: NOW + SECOND });
  assert.ok(step.do === "act" && step.action.type === "start-test", JSON.stringify(step));
});

Deno.test("test: success gives the agent its label, any other end deletes the node", () => {
  const ended = (result: string | null) =>
    situation({ ...states.test, startedAt: NOW }, {
      config: testing,
      fields: { jobEnd: { at: NOW, result } },
    });
  const passed = ended("SUCCESS");
  assert.deepEqual(planTest(passed), { do: "act", action: { type: "relabel-agent", node: passed.node } });
  for (const result of ["FAILURE", "ABORTED", null]) {
    const event = removed(planTest(ended(result)));
    assert.equal(event.comment, `failed its test-job node-test: ${result ?? "no result"}`);
    assert.equal(event.result, "failed");
  }
});

Deno.test("test: one that takes longer than test-stuck is deleted, with what went wrong last", () => {
  const at = situation({ ...states.test, startedAt: NOW }, { config: testing });
  const end = at.node.stateSince + 5 * MINUTE;
  assert.equal(planTest({ ...at, now: end - 1 }).do, "wait");
  assert.equal(
    removed(planTest({ ...at, now: end })).comment,
    "its test-job node-test did not end within 5 min",
  );
  const node = { ...at.node, attempt: 3, waitingOn: failed("no such job") };
  const { comment } = removed(planTest({ ...at, node, now: end }));
  assert.equal(comment, "its test-job node-test did not end within 5 min (no such job)");
});

Deno.test("test: a target without a test-job any more leaves nothing to wait for", () => {
  const event = removed(planTest(situation(states.test, { config: withTarget() })));
  assert.deepEqual([event.result, event.comment], ["unused", "target default no longer has a test-job"]);
});

Deno.test("used: a node whose job has ended ends delete-delay later, and not before", () => {
  const at = situation(states.used, { fields: { jobEnd: { at: NOW, result: "SUCCESS" } } });
  const end = NOW + at.config.limits.deleteDelay;
  assert.deepEqual(planUsed(at), { do: "stay", until: end });
  assert.equal(planUsed({ ...at, now: end - 1 }).do, "stay");
  assert.deepEqual(planUsed({ ...at, now: end }), { do: "act", action: { type: "end-job", node: at.node } });
});

Deno.test("used: a node whose server is gone is lost, also while its job's end is waited for", () => {
  const fields = { jobEnd: { at: NOW, result: "FAILURE" } };
  assert.equal(removed(planUsed(situation(states.used, { seen: gone, fields }))).result, "lost");
});

Deno.test("used: a Jenkins is kept from giving the agent a second job, once, and before the job's end counts", () => {
  const at = situation(states.used, { config: withTarget(), fields: { assignedAt: NOW } });
  assert.equal(actionOf(planUsed(at)), "close-agent");
  const end = NOW + at.config.limits.deleteDelay;
  const ended = { ...at, node: { ...at.node, jobEnd: { at: NOW, result: "SUCCESS" } } };
  assert.deepEqual([actionOf(planUsed(ended)), actionOf(planUsed({ ...ended, now: end }))], [
    "close-agent",
    "end-job",
  ]);
  const retried = { ...ended.node, retryAt: NOW + MINUTE, waitingOn: failed("no answer") };
  const wait = planUsed({
    ...ended,
    node: retried,
    config: { ...at.config, limits: { ...at.config.limits, deleteDelay: SECOND } },
  });
  assert.ok(wait.do === "wait" && wait.until === NOW + SECOND, "a target that does not answer delays no end");
  for (
    const other of [
      { ...at, state: { ...at.state, isClosed: true } as const },
      { ...at, node: { ...at.node, assignedAt: null } },
      { ...at, config: withTarget({ assignViaGearman: true }) },
      { ...at, config: withTarget({ jenkins: null }) },
      { ...at, targets: new Map([["default", { online: false, reason: "it is quieting down" }]] as const) },
    ]
  ) assert.equal(planUsed(other).do, "stay");
});

Deno.test("unassign: the target is told, and again after each failure, for ten minutes", () => {
  const at = situation(states.unassign, { config: withTarget() });
  assert.deepEqual(planUnassign(at), { do: "act", action: { type: "unassign-node", node: at.node } });
  const node = { ...at.node, attempt: 1, retryAt: NOW + SECOND, waitingOn: failed("no answer") };
  assert.deepEqual(planUnassign({ ...at, node }), {
    do: "wait",
    reason: "target",
    message: "no answer",
    until: NOW + SECOND,
  });
  assert.equal(actionOf(planUnassign({ ...at, node, now: NOW + SECOND })), "unassign-node");
  const end = at.node.phaseSince + 10 * MINUTE;
  assert.deepEqual(planUnassign({ ...at, node, now: end }), { do: "change", event: { type: "unassigned" } });
});

Deno.test("unassign: where a job may run a Jenkins is asked, for as long as a node may be in use", () => {
  const at = situation({ ...states.unassign, mayRunJob: true }, {
    config: withTarget(),
    heardSince: heard(NOW - HOUR),
  });
  const asked = { type: "unassign-node", node: at.node, whenIdle: true };
  const stuck = at.node.phaseSince + at.config.limits.nodeStuck;
  const tried = { ...at, node: { ...at.node, attempt: 9 } };
  assert.deepEqual(planUnassign(at), { do: "act", action: asked });
  assert.equal(actionOf(planUnassign({ ...tried, now: stuck - 1 })), "unassign-node");
  assert.deepEqual(planUnassign({ ...tried, now: stuck }), { do: "change", event: { type: "unassigned" } });
  const vanished = planUnassign({ ...at, seen: gone });
  assert.deepEqual(vanished, { do: "act", action: { type: "unassign-node", node: at.node } });
});

Deno.test("unassign: where a job may run and nobody can be asked, a node stays and says so, unless each job was reported", () => {
  const planned = (conf: Config, since: number | null, now = NOW) => {
    const fields = { manager: "ci01", assignedAt: NOW - MINUTE, comment: "failed the check" };
    return planUnassign({
      ...situation({ ...states.unassign, mayRunJob: true }, {
        config: conf,
        heardSince: heard(since),
        fields,
      }),
      now,
    });
  };
  const stuck = NOW + config().limits.nodeStuck;
  for (
    const [conf, why, free] of [
      [config(), /^the configuration no longer has target default; a job may be running/, "change"],
      [
        withTarget({ assignViaGearman: true, jenkins: null }),
        /^failed the check; a job may be running/,
        "act",
      ],
    ] as const
  ) {
    for (const heardSince of [null, NOW - SECOND]) {
      const step = planned(conf, heardSince);
      assert.match(step.do === "wait" ? step.message : "", why);
    }
    assert.equal(planned(conf, NOW - 2 * MINUTE).do, free);
    assert.equal(planned(conf, null, stuck).do, free);
  }
});

Deno.test("unassign: a job after one whose end was reported would have been reported, and managers give no second one", () => {
  const planned = (conf: Config, since: number | null) => {
    const fields = {
      manager: "ci01",
      assignedAt: NOW - HOUR,
      jobEnd: { at: NOW - MINUTE, result: "SUCCESS" },
    };
    return planUnassign(
      situation({ ...states.unassign, mayRunJob: true }, { config: conf, heardSince: heard(since), fields }),
    ).do;
  };
  assert.deepEqual([planned(config(), NOW - SECOND), planned(config(), NOW - 2 * MINUTE)], [
    "wait",
    "change",
  ]);
  assert.equal(planned(withTarget({ assignViaGearman: true, jenkins: null }), null), "act");
});

Deno.test("unassign: after a long rest each node gets one attempt all the same", () => {
  const at = situation(states.unassign, { config: withTarget() });
  assert.equal(actionOf(planUnassign({ ...at, now: at.node.phaseSince + 60 * MINUTE })), "unassign-node");
});

Deno.test("unassign: no target that could be told keeps no server alive", () => {
  for (const conf of [config(), withTarget({ jenkins: null })]) {
    const step = planUnassign(situation(states.unassign, { config: conf }));
    assert.deepEqual(step, { do: "change", event: { type: "unassigned" } });
  }
});
