/** The manual's topic `metrics` and what `/metrics` shows. */
import assert from "node:assert/strict";
import { type MetricRow, metricTable } from "../../src/metrics/metric_table.ts";
import { PrometheusMetrics } from "../../src/metrics/prometheus_metrics.ts";
import { sampleFacts } from "../metrics/sample_facts.ts";
import { testNeeding } from "../needs.ts";
import { blocksOf, tableRows } from "../readme/document.ts";
import { sampleReport } from "../views/sample_pool.ts";

const topic = Deno.readTextFileSync(new URL("../../src/manual/metrics.md", import.meta.url));
const rows = tableRows(topic).filter(([name]) => /^`(nodepool|process)_/.test(name!));
const bare = (cell: string) => cell.replaceAll("`", "");
const byName = ([one]: readonly unknown[], [other]: readonly unknown[]) =>
  String(one) < String(other) ? -1 : 1;

Deno.test("the manual has every metric with its type, labels, meaning and stability, and no others", () => {
  const table = Object.entries(metricTable as Readonly<Record<string, MetricRow>>);
  const known = table.map((
    [name, { type, labels, help, mayChange }],
  ) => [name, type, labels.join(", "), help, mayChange ? "may change" : "stable"]);
  assert.deepEqual(rows.map((row) => row.map(bare)).sort(byName), known.sort(byName));
});

Deno.test("/metrics gives the metrics that the manual lists, with those types, and no others", async () => {
  const metrics = new PrometheusMetrics();
  const { body } = await metrics.scrape(sampleReport(), { facts: sampleFacts, isOpenMetrics: false });
  const given = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
  assert.deepEqual(given.sort(byName), rows.map(([name, type]) => [bare(name!), type]).sort(byName));
});

testNeeding(["promtool"], "promtool takes the manual's prometheus.yml", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const blocks = blocksOf(topic).filter(({ words }) => words.includes("prometheus"));
    // The rules are where the program is installed; tests/install has promtool check them.
    const text = blocks.map(({ text }) => text).join("").replace(/^rule_files:\n.*\n/m, "");
    await Deno.writeTextFile(`${folder}/prometheus.yml`, text);
    const args = ["check", "config", `${folder}/prometheus.yml`];
    const { code, stdout, stderr } = await new Deno.Command("promtool", { args }).output();
    assert.equal(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
