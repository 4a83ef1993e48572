/** What StatsD is told of a ledger, in virtual time. */
import assert from "node:assert/strict";
import type { Config } from "../../src/domain/config.ts";
import type { NodeRecord } from "../../src/domain/node.ts";
import { SECOND } from "../../src/domain/time.ts";
import { transition } from "../../src/domain/node_transition.ts";
import { TaskRegistry } from "../../src/tasks/task_registry.ts";
import type { Happening } from "../../src/metrics/happening.ts";
import { LaunchOverhead } from "../../src/metrics/launch_overhead.ts";
import { StatsdMetrics } from "../../src/metrics/statsd_metrics.ts";
import { reportMetrics } from "../../src/tasks/report_metrics.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { config, node, NOW, states } from "../plan/plan_fixtures.ts";

async function kit(...nodes: readonly NodeRecord[]) {
  return await kitOf(nodes, config());
}

async function kitOf(nodes: readonly NodeRecord[], inForce: Config) {
  const ledgerKit = await ledgerWith(...nodes);
  const gauges = new Map<string, number[]>();
  const told: string[] = [];
  const tasks = new TaskRegistry({
    clock: ledgerKit.clock,
    onError: (_, error) => assert.fail(String(error)),
  });
  const task = reportMetrics({
    ...ledgerKit,
    tasks,
    metrics: new StatsdMetrics({
      gauge: (name, value) => gauges.set(name, [...gauges.get(name) ?? [], value]),
      timing: (name, duration) => told.push(`${name} ${duration} ms`),
      increment: (name) => told.push(name),
    }),
    config: () => inForce,
    overhead: new LaunchOverhead(),
    late: () => 0,
    report: () => ({ nodes: [...ledgerKit.ledger.nodes.values()], providers: [] }),
  });
  tasks.start();
  const rounds = (count: number) =>
    ledgerKit.clock.advanceUntil(() => gauges.get("nodepool.nodes.ready")?.length === count, {
      within: 60 * SECOND,
    });
  return { ...ledgerKit, gauges, told, task, rounds };
}

Deno.test("reportMetrics() tells how many nodes there are every ten seconds", async () => {
  const { task, gauges, rounds, ledger, clock } = await kit(node(states.ready), node(states.used, { id: 8 }));
  await using _task = task;
  await rounds(1);
  assert.deepEqual(gauges.get("nodepool.nodes.used"), [1]);
  await ledger.edit((edit) => edit.removeNode(7));
  await rounds(2);
  assert.deepEqual(gauges.get("nodepool.label.noble.nodes.ready"), [1, 0]);
  assert.equal(clock.now(), NOW + 10 * SECOND);
});

Deno.test("metrics that compute their gauges themselves cost nothing between what happens: no task runs for them", async () => {
  const { ledger, clock } = await ledgerWith(node(states.ready));
  const tasks = new TaskRegistry({ clock, onError: (_, error) => assert.fail(String(error)) });
  const told: Happening[] = [];
  await using _end = reportMetrics({
    metrics: { wantsGauges: false, tell: (happenings) => void told.push(...happenings) },
    ledger,
    clock,
    tasks,
    config: () => config(),
    report: () => assert.fail("nobody needs it"),
    overhead: new LaunchOverhead(),
    late: () => 0,
  });
  assert.deepEqual(tasks.reports(), []);
  await ledger.edit((edit) => edit.putNode({ ...edit.node(7)!, comment: "changed" }));
  assert.deepEqual(told.map(({ name, kind }) => [name, kind]), [["commit", "duration"]]);
});

Deno.test("reportMetrics() counts no subnodes and no servers that are there for images", async () => {
  const others = [
    node(states.ready, { id: 8, role: "subnode" }),
    node(states.ready, { id: 9, role: "builder" }),
  ];
  const { task, gauges, rounds, ledger, told } = await kit(node(states.ready), ...others);
  await using _task = task;
  await rounds(1);
  assert.deepEqual(gauges.get("nodepool.nodes.ready"), [1]);
  await ledger.edit((edit) => [8, 9].forEach((id) => edit.removeNode(id)));
  assert.deepEqual(told, []);
});

Deno.test("reportMetrics() tells of a manager that had nodes until it has none, and of that once more", async () => {
  const { task, gauges, rounds, ledger } = await kit(node(states.ready, { manager: "m1" }));
  await using _task = task;
  await rounds(1);
  await ledger.edit((edit) => edit.removeNode(7));
  await rounds(2);
  assert.deepEqual(gauges.get("nodepool.manager.m1.nodes.ready"), [1, 0]);
});

Deno.test("a Jenkins target's nodes count under its target, whatever `list` shows as their manager", async () => {
  const jenkins = { url: "http://ci/", user: null, apiKey: null, credentialsId: null, testJob: null };
  const names = { hostname: "{node_id}", subnodeHostname: "{node_id}" };
  const targets = [{ name: "ci", ...names, rate: 0, assignViaGearman: false, jenkins }];
  const { task, gauges, rounds, told, ledger, clock } = await kitOf([
    node(states.ready, { target: "ci", manager: "ci" }),
    node(states.assign, { id: 8, target: "ci" }),
    node(states.ready, { id: 9, target: "queue", manager: "m1" }),
  ], config({ targets }));
  await using _task = task;
  await rounds(1);
  assert.deepEqual(gauges.get("nodepool.target.ci.nodes.ready"), [1]);
  assert.deepEqual(gauges.get("nodepool.manager.m1.nodes.ready"), [1]);
  assert.deepEqual([...gauges.keys()].filter((name) => name.startsWith("nodepool.manager.ci")), []);
  await ledger.changeNode(
    8,
    (one) => transition(one, { type: "assigned", manager: "ci", next: "ready" }, clock.now()),
  );
  assert.ok(told.includes("nodepool.launch.target.ci.ready"), told.join("\n"));
});

Deno.test("reportMetrics() tells of launches and deletions as they happen, and of none once it has ended", async () => {
  const { task, told, ledger, clock } = await kit(
    node(states.login, { manager: null }),
    node(states["delete-address"], { id: 8 }),
    node(states["delete-address"], { id: 9 }),
  );
  await ledger.changeNode(
    7,
    (one) => transition(one, { type: "logged-in", hostKey: "ssh-ed25519 AAAA", next: "ready" }, clock.now()),
  );
  await ledger.edit((edit) => edit.removeNode(8));
  for (const name of ["launch.ready", "launch.provider.cloud-a.ready", "delete.noble.cloud-a.default"]) {
    assert.equal(told.filter((line) => line === `nodepool.${name}`).length, 1, name);
    assert.equal(told.filter((line) => line === `nodepool.${name} 60000 ms`).length, 1, name);
  }
  const before = told.length;
  await task[Symbol.asyncDispose]();
  await ledger.edit((edit) => edit.removeNode(9));
  assert.equal(told.length, before);
});
