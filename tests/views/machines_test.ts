/** A pool of several machines as people see it: status, problems, readiness, metrics. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { MachinesReport } from "../../src/domain/machines_report.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import { viewReadiness } from "../../src/views/health.ts";
import { machineProblems } from "../../src/views/machine_problems.ts";
import { problemText } from "../../src/views/pool_problem.ts";
import { viewStatus } from "../../src/views/status.ts";
import { machineFacts } from "../../src/views/tables/status_table.ts";
import { diskimage } from "../plan/images/image_fixtures.ts";
import { sampleFacts } from "../metrics/sample_facts.ts";
import { sampleMachine, sampleMachines } from "./sample_machines.ts";
import { NOW, sampleReport } from "./sample_pool.ts";

const healthy = sampleMachines({ lost: [], etcd: sampleMachines().etcd.slice(0, 2) });

const problemsWith = (fields: Partial<MachinesReport>) =>
  machineProblems({ machines: { ...healthy, ...fields }, config: null }).map(problemText);

Deno.test("status says who leads, who stands by, how etcd is, and when that was seen", () => {
  const { machines } = viewStatus(sampleReport({ machines: sampleMachines() }));
  deepEqual(machineFacts(machines!), [
    { what: "leader", value: "ci-a, pid 4711, version 0.4.0, since 2030-01-02T02:04:05.000Z" },
    { what: "standby", value: "ci-b, pid 4711, version 0.4.0, since 2030-01-02T02:04:05.000Z" },
    { what: "builds", value: "ci-a, version 0.4.0: 1 image, 2 uploads" },
    { what: "etcd", value: "https://e1:2379, version 3.4.23, 20 KiB" },
    { what: "etcd", value: "https://e2:2379, version 3.4.23, 5.5 MiB, leads the others" },
    { what: "etcd", value: "https://e3:2379, connection refused" },
    { what: "machines", value: "pool ci, seen 2030-01-02T03:04:01.000Z" },
  ]);
  deepEqual(machines!.lost, [{ role: "builder", host: "ci-c", since: "2030-01-02T02:59:05.000Z" }]);
  equal(viewStatus(sampleReport()).machines, null);
});

Deno.test("a pool whose machines and etcd are all there has no problem, with a standby or without", () => {
  deepEqual(problemsWith({}), []);
  deepEqual(problemsWith({ members: [] }), []);
  deepEqual(machineProblems({ machines: null, config: null }), []);
});

Deno.test("a standby or a builder that is gone is a problem, the graver where none is left", () => {
  const remedy =
    "remedy: start nodepool there; if that machine will not come back, this problem goes away after a day; " +
    "see: nodepool manual lost-machine";
  const lost = (role: "standby" | "builder") => [{ host: "ci-d", role, since: NOW - MINUTE }];
  deepEqual(problemsWith({ lost: lost("standby") }), [`the standby ci-d is gone; ${remedy}`]);
  deepEqual(problemsWith({ lost: lost("standby"), members: [] }), [
    `the standby ci-d is gone: no machine takes over if this one fails; ${remedy}`,
  ]);
  deepEqual(problemsWith({ lost: lost("builder") }), [
    `the builder ci-d is gone; ${remedy}`,
  ]);
});

Deno.test("a standby that is configured otherwise is a problem, and shown", () => {
  const standby = healthy.members[0]!;
  const members = [{ ...standby, config: { labels: "2", providers: "1" } }];
  deepEqual(problemsWith({ members }), [
    "the configuration of the standby ci-b differs from the leader's: labels; " +
    "remedy: give all machines the same configuration file and clouds.yaml; see: nodepool manual config-differs",
  ]);
  const { machines } = viewStatus(sampleReport({ machines: { ...healthy, members } }));
  deepEqual(machines!.members[0]!.config_differs, ["labels"]);
  ok(machineFacts(machines!).some(({ value }) => value.endsWith(", configured otherwise: labels")));
});

Deno.test("a pool whose images nobody builds says so, where there are any to build", () => {
  const machines = { ...healthy, whyNobodyBuilds: "no builder is connected" };
  const config = sampleReport().config!;
  deepEqual(machineProblems({ machines, config }), []);
  deepEqual(machineProblems({ machines, config: { ...config, diskimages: [diskimage] } }).map(problemText), [
    "nothing builds images: no builder is connected; see: nodepool manual builder-machine",
  ]);
});

Deno.test("a builder that can do nothing is a problem, once", () => {
  const builders = healthy.builders.map((builder) => ({ ...builder, problem: "the folder /i is gone" }));
  const config = { ...sampleReport().config!, diskimages: [diskimage] };
  const said = (whyNobodyBuilds: string | null) =>
    machineProblems({ machines: { ...healthy, builders, whyNobodyBuilds }, config }).map(problemText);
  deepEqual(said(null), [
    "the builder on ci-a does nothing: the folder /i is gone; see: nodepool manual builder-machine",
  ]);
  deepEqual(said("the folder /i is gone (on ci-a)"), [
    "nothing builds images: the folder /i is gone (on ci-a); see: nodepool manual builder-machine",
  ]);
});

Deno.test("a member of etcd that is down, full or nearly full is a problem", () => {
  const [member] = healthy.etcd;
  const etcdWith = (fields: Partial<typeof member>) => problemsWith({ etcd: [{ ...member!, ...fields }] });
  deepEqual(problemsWith({ etcd: sampleMachines().etcd }), [
    "etcd at https://e3:2379 does not answer: connection refused; 2 of 3 members answer; " +
    "see: nodepool manual etcd-member-down",
  ]);
  deepEqual(etcdWith({ isFull: true, databaseSize: 4 * 1_024 ** 3 }), [
    "etcd at https://e1:2379 is full and takes no more writes: its database has 4.0 GiB; see: nodepool manual etcd-full",
  ]);
  deepEqual(etcdWith({ databaseSize: 3.4 * 1_024 ** 3 }), [
    "etcd at https://e1:2379 will be full soon: its database has 3.4 GiB of 4.0 GiB; see: nodepool manual etcd-full",
  ]);
  deepEqual(etcdWith({ databaseSize: 3 * 1_024 ** 3 }), []);
  deepEqual(problemsWith({ uncompactedFor: 26.2 * HOUR }), [
    "etcd has not compacted its data for 1d2h, and its database grows with every change; " +
    "remedy: start its members with --auto-compaction-mode=periodic --auto-compaction-retention=1h; " +
    "see: nodepool manual etcd-full",
  ]);
});

Deno.test("a clock that is off etcd's is a problem before another machine has to lead", () => {
  ok(problemsWith({ clockAhead: 4 * SECOND })[0]?.startsWith("this machine's clock is 4.0 s behind etcd's"));
  ok(problemsWith({ clockAhead: -2_600 })[0]?.startsWith("this machine's clock is 2.6 s ahead of etcd's"));
  deepEqual(problemsWith({ clockAhead: -2_400 }), []);
  deepEqual(problemsWith({ clockAhead: null }), []);
});

Deno.test("a daemon that is not sure to lead is not ready, and says why", () => {
  const unsure = sampleReport({
    machines: { ...healthy, isSure: false, problem: "etcd did not answer within 2 s" },
  });
  deepEqual(viewReadiness(unsure), {
    ready: false,
    reasons: [
      "this machine is not sure that it leads, since etcd has not confirmed it: it changes nothing: " +
      "etcd did not answer within 2 s; see: nodepool manual no-leader",
    ],
  });
  equal(viewReadiness(sampleReport({ machines: sampleMachines() })).ready, true);
  deepEqual(problemsWith({ leader: sampleMachine("ci-b") }), [
    "ci-b leads the pool, and this daemon is about to end; see: nodepool manual no-leader",
  ]);
  deepEqual(problemsWith({ self: null, isSure: false, leader: null }), [
    "no machine leads the pool; see: nodepool manual no-leader",
  ]);
});

Deno.test("metrics say who leads, who is there and who is not, and how each member of etcd is", async () => {
  const samples = async (machines: MachinesReport | null) => {
    const report = sampleReport({ machines });
    const { body } = await new PrometheusMetrics().scrape(report, {
      facts: sampleFacts,
      isOpenMetrics: false,
    });
    return body.split("\n").filter((line) => /^nodepool_(leader|members|machines|etcd)/.test(line));
  };
  deepEqual(await samples(sampleMachines()), [
    'nodepool_leader{pool="ci"} 1',
    'nodepool_members{pool="ci",role="standby"} 1',
    'nodepool_members{pool="ci",role="builder"} 0',
    'nodepool_members_lost{pool="ci",role="standby"} 0',
    'nodepool_members_lost{pool="ci",role="builder"} 1',
    'nodepool_machines_seen_age_seconds{pool="ci"} 4',
    'nodepool_etcd_up{pool="ci",endpoint="https://e1:2379"} 1',
    'nodepool_etcd_up{pool="ci",endpoint="https://e2:2379"} 1',
    'nodepool_etcd_up{pool="ci",endpoint="https://e3:2379"} 0',
    'nodepool_etcd_full{pool="ci",endpoint="https://e1:2379"} 0',
    'nodepool_etcd_full{pool="ci",endpoint="https://e2:2379"} 0',
    'nodepool_etcd_full{pool="ci",endpoint="https://e3:2379"} 0',
    'nodepool_etcd_database_bytes{pool="ci",endpoint="https://e1:2379"} 20480',
    'nodepool_etcd_database_bytes{pool="ci",endpoint="https://e2:2379"} 5767168',
    'nodepool_etcd_quota_bytes{pool="ci",endpoint="https://e1:2379"} 4294967296',
    'nodepool_etcd_quota_bytes{pool="ci",endpoint="https://e2:2379"} 4294967296',
    'nodepool_etcd_clock_ahead_seconds{pool="ci"} 0.12',
  ]);
  deepEqual(await samples(null), []);
  deepEqual((await samples({ ...healthy, isSure: false }))[0], 'nodepool_leader{pool="ci"} 0');
});
