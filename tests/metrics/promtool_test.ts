/** What Prometheus' own tools say of `/metrics`, in several states of a pool. */
import assert from "node:assert/strict";
import { type Happening, took } from "../../src/metrics/happening.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { DAY, HOUR } from "../../src/domain/time.ts";
import { pythonWith, testNeeding } from "../needs.ts";
import { manyNodes, NOW, sampleDaemon, sampleReport, sampleTask } from "../views/sample_pool.ts";
import { sampleFacts } from "./sample_facts.ts";

/** One of each kind. */
const HAPPENINGS: readonly Happening[] = [
  took("launch", { provider: "cloud-a", label: "noble", result: "ready", error: null }, 42_000),
  took("launch", { provider: "cloud-a", label: "noble", result: "error", error: "ssh" }, 42_000),
  took("launch_phase", { provider: "cloud-a", phase: "boot" }, 42_000),
  took("launch_overhead", { provider: "cloud-a" }, 420),
  took("delete", { provider: "cloud-a" }, 4_200),
  took("request", { label: "noble", result: "granted" }, 60_000),
  took("job", { job: "gate", label: "noble", provider: "cloud-a", result: "SUCCESS" }, 600_000),
  took("image_update", { provider: "cloud-a", image: "noble", result: "failed" }, 600_000),
  took(
    "api_request",
    { provider: "cloud-a", service: "compute", operation: "ServerList", status: "200" },
    84,
  ),
  took("api_wait", { provider: "cloud-a" }, 10),
  took("leak", { provider: "cloud-a", type: "floating-ip" }, 0),
  took("tick", {}, 7),
  took("commit", {}, 1),
  took("loop_delay", {}, 1),
];

const states: Readonly<Record<string, { report: PoolReport; happenings: readonly Happening[] }>> = {
  "an empty pool": {
    report: sampleReport({ nodes: [], requests: [], pauses: [], labels: [], providers: [], config: null }),
    happenings: [],
  },
  "a busy pool": {
    report: sampleReport({ nodes: manyNodes(500), demand: new Map([["noble", 3]]) }),
    happenings: HAPPENINGS,
  },
  "a pool in trouble": {
    report: sampleReport({
      state: { problem: "the disk is full", withheld: null },
      daemon: sampleDaemon({
        configProblems: ["nodepool.yaml:3:1: labels: unknown key lable"],
        tasks: [
          sampleTask({
            lastSuccessAt: null,
            lastError: { at: NOW, message: "boom" },
            runningSince: NOW - HOUR,
          }),
        ],
      }),
      targets: new Map([['jenkins "one"\\two\nthree', { online: false, reason: "no answer" }]]),
      links: [{
        name: "Gearman server g:4730",
        state: { status: "away", since: NOW - DAY, message: "refused", retryAt: NOW },
      }],
    }),
    happenings: HAPPENINGS,
  },
};

async function scrape(name: string, isOpenMetrics: boolean): Promise<string> {
  const metrics = new PrometheusMetrics();
  const { report, happenings } = states[name]!;
  metrics.tell(happenings);
  return (await metrics.scrape(report, { facts: sampleFacts, isOpenMetrics })).body;
}

/** What the program prints, all of it; it succeeds. */
async function check(program: string, args: string[], input: string): Promise<string> {
  const process = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await process.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, said);
  return said;
}

const PARSE_OPEN_METRICS = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.name, family.type, len(family.samples))
`;

for (const name of Object.keys(states)) {
  testNeeding(["promtool"], `promtool has nothing to say against the metrics of ${name}`, async () => {
    assert.equal(await check("promtool", ["check", "metrics"], await scrape(name, false)), "");
  });

  testNeeding(["prometheus-client"], `OpenMetrics' strict parser takes the metrics of ${name}`, async () => {
    const python = pythonWith("prometheus_client")!;
    const said = await check(python, ["-c", PARSE_OPEN_METRICS], await scrape(name, true));
    assert.match(said, /^nodepool_launches counter/m);
    assert.match(said, /^nodepool_nodes gauge/m);
  });
}

Deno.test("both forms can be asked for in turn: a scrape of one leaves the other's names as they were", async () => {
  const metrics = new PrometheusMetrics();
  metrics.tell(HAPPENINGS);
  const body = async (isOpenMetrics: boolean) =>
    (await metrics.scrape(sampleReport(), { facts: sampleFacts, isOpenMetrics })).body;
  const [text, open] = [await body(false), await body(true)];
  assert.equal(await body(false), text);
  assert.equal(await body(true), open);
  assert.match(text, /^# TYPE nodepool_launches_total counter$/m);
  assert.match(open, /^# TYPE nodepool_launches counter\nnodepool_launches_total\{/m);
  assert.match(open, /# EOF\n$/);
});
