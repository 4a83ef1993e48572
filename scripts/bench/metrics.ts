/**
 * How fast `/metrics` of a pool of thousands of nodes comes, and how much memory making it takes, in this process: no daemon,
 * no socket. Prints each form with its size.
 *
 *     scripts/bench/metrics [NODES [PROVIDERS [LABELS]]]        default: 10000 nodes, 10 providers, 30 labels
 */
import { sampleFacts } from "../../tests/metrics/sample_facts.ts";
import { sampleConfig, sampleNode, sampleReport } from "../../tests/views/sample_pool.ts";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { SECOND } from "../../src/domain/time.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { processUse } from "../../src/lib/process_use.ts";
import { took } from "../../src/metrics/happening.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import { createSite } from "../../src/site/create_site.ts";

const RUNS = 200;

const [nodes = 10_000, providers = 10, labels = 30] = Deno.args.map(Number);
/** The number of providers that each label is on. */
const SPREAD = Math.min(3, providers);

const providerOf = (index: number) => `cloud-${index % providers}`;
const labelOf = (index: number) => `label-${index % labels}`;
/** The providers of a label, in the order in which its nodes are spread. */
const placeOf = (label: number, turn: number) => providerOf(label + turn % SPREAD);

function report(): PoolReport {
  const base = sampleReport();
  const config = sampleConfig();
  const names = Array.from({ length: providers }, (_, index) => providerOf(index));
  return {
    ...base,
    config: {
      ...config,
      providers: names.map((name) => ({ ...config.providers[0]!, name })),
      labels: Array.from({ length: labels }, (_, index) => ({
        ...config.labels[0]!,
        name: labelOf(index),
        providers: Array.from({ length: SPREAD }, (_, turn) => placeOf(index, turn)),
      })),
    },
    nodes: Array.from({ length: nodes }, (_, index) =>
      sampleNode({
        id: index + 1,
        label: labelOf(index),
        provider: placeOf(index % labels, Math.floor(index / labels)),
        stateSince: base.now - index * SECOND,
      })),
    providers: names.map((name) => ({ ...base.providers[0]!, name })),
  };
}

/** The counts of a pool that has been running for a while. */
function countedMetrics(): PrometheusMetrics {
  const metrics = new PrometheusMetrics();
  for (let index = 0; index < providers; index++) {
    const provider = providerOf(index);
    for (
      const operation of ["ServerList", "ServerCreate", "ServerDelete", "FlavorList", "ImageList", "PortList"]
    ) {
      const labels = { provider, service: "compute", operation, status: "200" };
      metrics.tell([took("api_request", labels, 84)]);
    }
    for (const phase of ["create", "boot", "address", "login", "prepare"]) {
      metrics.tell([took("launch_phase", { provider, phase }, 2_000)]);
    }
  }
  for (let index = 0; index < labels; index++) {
    const label = labelOf(index);
    metrics.tell([took("request", { label, result: "granted" }, 2_000)]);
    for (let turn = 0; turn < SPREAD; turn++) {
      const launch = { provider: placeOf(index, turn), label, result: "ready", error: null };
      metrics.tell([
        took("launch", launch, 30_000),
        took("launch", { ...launch, result: "error", error: "ssh" }, 1),
      ]);
    }
  }
  return metrics;
}

const pool = report();
const metrics = countedMetrics();
let now = pool.now;
const site = createSite({
  // Each asks a second later, since an answer is kept for that long.
  report: () => ({ ...pool, now: now += SECOND }),
  events: {
    startOf: () => Promise.resolve(0),
    latest: () => Promise.resolve([]),
    open: () => new ReadableStream(),
  },
  history: { getHistory: () => Promise.resolve(null), listHistory: () => Promise.resolve([]) },
  scrape: (report, how) => metrics.scrape(report, { facts: sampleFacts, ...how }),
  allowOrigin: () => [],
  onDefect: (error) => console.error(error),
});

async function time(name: string, headers: Record<string, string>): Promise<void> {
  const times: number[] = [];
  let size = 0;
  const gc = (globalThis as { gc?: () => void }).gc ?? (() => {});
  let allocated = 0;
  const cpuBefore = processUse().cpuSeconds;
  for (let run = 0; run < RUNS; run++) {
    if (run === RUNS - 1) gc();
    const before = Deno.memoryUsage().heapUsed;
    const startedAt = systemClock.monotonic();
    const response = await site.fetch(new Request("http://localhost/metrics", { headers }));
    const body = await response.arrayBuffer();
    times.push(systemClock.monotonic() - startedAt);
    allocated = Deno.memoryUsage().heapUsed - before;
    size = body.byteLength;
  }
  const cpu = (processUse().cpuSeconds - cpuBefore) / RUNS * 1000;
  const sorted = times.slice(RUNS / 10).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]!.toFixed(1);
  console.log(
    `${name}: median ${at(0.5)} ms (${at(0)} to ${at(1)}, first ${times[0]!.toFixed(0)}), ${
      cpu.toFixed(1)
    } ms of CPU, ` +
      `${(size / 1024).toFixed(0)} KiB, ${(allocated / 1024 / 1024).toFixed(1)} MiB allocated`,
  );
}

const lines = (await (await site.fetch(new Request("http://localhost/metrics"))).text()).split("\n");
const series = lines.filter((line) => line !== "" && !line.startsWith("#")).length;
console.log(`${nodes} nodes, ${providers} providers, ${labels} labels: ${series} series`);
await time("text", {});
await time("OpenMetrics", { accept: "application/openmetrics-text" });
await time("text, gzip", { "accept-encoding": "gzip" });
