/** The values of labels in `/metrics`: few, whatever comes from outside, and never taken for each other. */
import assert from "node:assert/strict";
import type { PoolReport } from "../../src/domain/pool_report.ts";
import { took } from "../../src/metrics/happening.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import { NOW, sampleConfig, sampleDaemon, sampleNode, sampleReport } from "../views/sample_pool.ts";
import { sampleFacts } from "./sample_facts.ts";

async function series(metrics: PrometheusMetrics, name: string, report = sampleReport()): Promise<string[]> {
  const { body } = await metrics.scrape(report, { facts: sampleFacts, isOpenMetrics: false });
  return body.split("\n").filter((line) => line.startsWith(`${name}{`)).map((line) =>
    line.slice(name.length)
  );
}

Deno.test("results of jobs are a few words, whatever who reports them says", async () => {
  const metrics = new PrometheusMetrics();
  const results = ["SUCCESS", "success", "NOT_BUILT", "LGTM 2026-11-29 #4711", "", null, 'a"b\n'];
  for (const result of results) metrics.tell([took("job", { job: "gate", label: "noble", result }, 1_000)]);
  assert.deepEqual(await series(metrics, "nodepool_job_duration_seconds_count"), [
    `{label="noble",result="success"} 2`,
    `{label="noble",result="not_built"} 1`,
    `{label="noble",result="other"} 3`,
    `{label="noble",result="unknown"} 1`,
  ]);
});

Deno.test("failures of launches are told by a few kinds, whatever a cloud's error is called", async () => {
  const metrics = new PrometheusMetrics();
  for (const error of ["ssh", "vanished", "badResponse", "toString", null]) {
    metrics.tell([took("launch", { provider: "cloud-a", label: "noble", result: "error", error }, 1_000)]);
  }
  const counted = (await series(metrics, "nodepool_launches_total")).map((line) =>
    line.match(/reason=(.*)}/)![1]
  );
  assert.deepEqual(counted, [`"ssh"`, `"status"`, `"unknown"`]);
});

Deno.test("a time that is no number counts nowhere and breaks nothing", async () => {
  const metrics = new PrometheusMetrics();
  const happen = (value: number) => metrics.tell([took("delete", { provider: "cloud-a" }, value)]);
  for (const value of [NaN, Infinity, -5, 1_000]) happen(value);
  assert.deepEqual(await series(metrics, "nodepool_delete_duration_seconds_sum"), [`{provider="cloud-a"} 1`]);
});

Deno.test("two names are never taken for two others, whatever characters they have", async () => {
  const config = sampleConfig();
  const report: PoolReport = sampleReport({
    config: {
      ...config,
      providers: ["x|y", "y"].map((name) => ({ ...config.providers[0]!, name })),
      labels: [["z", "x|y"], ["z|x", "y"]].map(([name, provider]) => ({
        ...config.labels[0]!,
        name: name!,
        providers: [provider!],
      })),
    },
    nodes: [
      sampleNode({ id: 1, label: "z", provider: "x|y" }),
      sampleNode({ id: 2, label: "z|x", provider: "y" }),
      sampleNode({ id: 3, label: "z|x", provider: "y" }),
    ],
  });
  const metrics = new PrometheusMetrics();
  for (const [label, provider] of [["z", "x|y"], ["z|x", "y"], ["z|x", "y"]]) {
    metrics.tell([
      took("launch", { label: label!, provider: provider!, result: "ready", error: null }, 1_000),
    ]);
  }
  const ready = (await series(metrics, "nodepool_nodes", report)).filter((line) => line.includes(`"ready"`));
  assert.deepEqual(ready.map((line) => line.at(-1)).sort(), ["1", "2"]);
  const launches = await series(metrics, "nodepool_launches_total", report);
  assert.deepEqual(launches.map((line) => line.at(-1)).sort(), ["1", "2"]);
});

Deno.test("what is still recorded of a provider, label or image that is neither configured nor there is not shown", async () => {
  const base = sampleReport();
  const pause = base.pauses[0]!;
  const order = {
    orderedAt: null,
    builtSince: null,
    doneAt: null,
    doneVersion: null,
    failures: 3,
    until: null,
    lastError: "it failed",
    lastFailureAt: NOW,
  };
  const report = sampleReport({
    pauses: [pause, { ...pause, provider: "cloud-gone" }, { ...pause, label: "label-gone" }, {
      ...pause,
      label: "",
    }],
    orders: [
      { ...order, provider: "cloud-a", image: "noble" },
      { ...order, provider: "cloud-gone", image: "noble" },
      { ...order, provider: null, image: "image-gone" },
    ],
  });
  const metrics = new PrometheusMetrics();
  assert.deepEqual(await series(metrics, "nodepool_launch_failures_in_a_row", report), [
    `{provider="cloud-b",label="jammy"} 2`,
    `{provider="cloud-b",label=""} 2`,
  ]);
  assert.deepEqual(await series(metrics, "nodepool_image_failures_in_a_row", report), [
    `{provider="cloud-a",image="noble"} 3`,
  ]);
  assert.deepEqual(await series(metrics, "nodepool_dib_image_failures_in_a_row", report), []);
});

Deno.test("a reload counts as successful only where nothing went wrong in it, in the file or in putting it into effect", async () => {
  const successful = async (daemon: Parameters<typeof sampleDaemon>[0]) => {
    const report = sampleReport({ daemon: sampleDaemon(daemon) });
    const { body } = await new PrometheusMetrics().scrape(report, {
      facts: sampleFacts,
      isOpenMetrics: false,
    });
    return body.match(/^nodepool_config_last_reload_successful (.*)$/m)![1];
  };
  assert.equal(await successful({}), "1");
  assert.equal(await successful({ configProblems: ["labels: unknown key lable"] }), "0");
  assert.equal(await successful({ configFault: "cannot open the target ci" }), "0");
});
