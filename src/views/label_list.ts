/** The labels: their configuration, their nodes, the demand, and why there are no more. */
import * as v from "valibot";
import { describeObstacle } from "../domain/describe_obstacle.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { causeText } from "./obstacle_view.ts";
import { countColumns, countStates, noNodes, stateCountsSchema } from "./state_counts.ts";
import { type Table, textOf } from "./tables/column.ts";
import type { ViewFilter } from "./view_filter.ts";
import { byKeys, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull } from "./view_schema.ts";

const labelViewSchema = v.object({
  name: string,
  /** False: nodes of it are left, but the configuration in force does not name it. */
  configured: v.boolean(),
  image: stringOrNull,
  providers: rows(string),
  /** -1: disabled. */
  min_ready: numberOrNull,
  max_servers: numberOrNull,
  nodes: stateCountsSchema,
  /** Nodes asked for by requests that wait. */
  requested: number,
  /** Nodes that planning would have launched and could not. */
  missing: number,
  /** Why not, by provider (null: for the label as a whole). */
  refusals: rows(v.object({ provider: stringOrNull, reason: string })),
});
type LabelView = v.InferOutput<typeof labelViewSchema>;

export const labelListViewSchema = viewSchema({ labels: rows(labelViewSchema) });
export type LabelListView = v.InferOutput<typeof labelListViewSchema>;

/** The labels by name, the configured ones and those that nodes still carry; a provider in the filter keeps those that it may supply. */
export function viewLabelList(report: PoolReport, filter: ViewFilter = {}): LabelListView {
  const configs = new Map((report.config?.labels ?? []).map((label) => [label.name, label]));
  const plans = new Map(report.labels.map((label) => [label.name, label]));
  // The nodes that users ask for and get: one with its subnodes is one.
  const counts = countStates(report.nodes.filter(({ role }) => role === "node"), ({ label }) => label);
  const requested = new Map<string, number>();
  for (const { label, count, grantedAt } of report.requests) {
    if (grantedAt === null) requested.set(label, (requested.get(label) ?? 0) + count);
  }
  const names = new Set([...configs.keys(), ...counts.keys()]);
  const labels = [...names].filter((name) => filter.label === undefined || name === filter.label)
    .map((name) => {
      const config = configs.get(name);
      const planned = plans.get(name);
      return {
        name,
        configured: config !== undefined,
        image: config?.image ?? null,
        providers: config?.providers ?? [],
        min_ready: config?.minReady ?? null,
        max_servers: config?.maxServers ?? null,
        nodes: counts.get(name) ?? noNodes(),
        requested: requested.get(name) ?? 0,
        missing: planned?.wanted ?? 0,
        refusals: (planned?.refusals ?? []).map(({ provider, obstacle }) => ({
          provider,
          reason: describeObstacle(obstacle, report),
        })),
      };
    })
    .filter(({ providers }) => filter.provider === undefined || providers.includes(filter.provider))
    .sort(byKeys("name"));
  return { ...viewHead(report), labels };
}

export const labelTable: Table<LabelListView, LabelView> = {
  rows: ({ labels }) => labels,
  columns: [
    { field: "name", header: "Label", kind: "name" },
    {
      field: "min_ready",
      header: "Min-ready",
      kind: "count",
      cell: ({ min_ready }) => min_ready === -1 ? "disabled" : textOf(min_ready),
    },
    ...countColumns<LabelView>(),
    { field: "requested", header: "Requested", kind: "count", share: "Demand" },
    { field: "missing", header: "Missing", kind: "count", share: "Demand" },
    {
      field: "refusals",
      header: "Why",
      kind: "reason",
      cell: ({ refusals }) =>
        refusals.map(({ reason: message, ...of }) => causeText({ ...of, message })).join("; "),
    },
    { field: "image", header: "Image", wide: true },
    { field: "providers", header: "Providers", wide: true },
    { field: "max_servers", header: "Max-servers", kind: "number", wide: true },
    { field: "configured", header: "Configured", wide: true },
  ],
};
