/** What an expression of PromQL names that `/metrics` does not show: metrics, labels of theirs, and their values. */
import { type MetricRow, metricTable } from "../../src/metrics/metric_table.ts";

const SUFFIX = /_(?:bucket|count|sum)$/;

/** Labels that every series has, or that PromQL makes. */
const COMMON = ["instance", "job", "le"];

/** Of metrics that are not the daemon's. */
const FOREIGN = ["up"];

export function unknownNames(expr: string): readonly string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '""');
  const metrics = [...bare.matchAll(/\b((?:nodepool|process)_\w+|up)\b(?:\{([^}]*)\})?/g)];
  const known = metrics.flatMap(([, name]) => rowOf(name!)?.labels ?? []);
  const grouping = [...bare.matchAll(/\b(?:by|on|ignoring|group_left|without) ?\(([^)]*)\)/g)].flatMap((
    [, names],
  ) => names!.split(",").map((name) => name.trim()).filter((name) => name !== ""));
  return [
    ...metrics.flatMap(([, name, selector = ""]) => unknownIn(name!, selector)),
    ...grouping.filter((label) => !known.includes(label) && !COMMON.includes(label)),
  ];
}

function unknownIn(name: string, selector: string): string[] {
  const row = rowOf(name);
  if (row === null) return FOREIGN.includes(name) ? [] : [name];
  if (row.type !== "histogram" && !Object.hasOwn(metricTable, name)) return [name];
  const labels = [...selector.matchAll(/(\w+) *[=!]~?/g)].map(([, label]) => label!);
  return labels.filter((label) => !row.labels.includes(label) && !COMMON.includes(label)).map((label) =>
    `${name}{${label}}`
  );
}

function rowOf(name: string): MetricRow | null {
  const table: Readonly<Record<string, MetricRow>> = metricTable;
  return table[name] ?? table[name.replace(SUFFIX, "")] ?? null;
}
