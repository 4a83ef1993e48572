/** The labels: what is configured, what there is of each, what is asked for, and why there is no more. */
import * as v from "valibot";
import type { LabelConfig } from "../domain/config.ts";
import { describeObstacle } from "../domain/describe_obstacle.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { LabelReport, PoolReport } from "../domain/pool_report.ts";
import type { Moment } from "../domain/time.ts";
import { countStates, noNodes, type StateCounts, stateCountsSchema } from "./state_counts.ts";
import type { ViewFilter } from "./view_filter.ts";
import { byKeys, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull } from "./view_schema.ts";

const refusalViewSchema = v.object({
  provider: stringOrNull,
  reason: string,
});
export type RefusalView = v.InferOutput<typeof refusalViewSchema>;

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
  refusals: rows(refusalViewSchema),
});
export type LabelView = v.InferOutput<typeof labelViewSchema>;

export const labelListViewSchema = viewSchema({ labels: rows(labelViewSchema) });
export type LabelListView = v.InferOutput<typeof labelListViewSchema>;

/** The labels by name; a provider in the filter keeps those that it may supply. */
export function viewLabelList(report: PoolReport, filter: ViewFilter = {}): LabelListView {
  const facts = gatherFacts(report);
  const labels = labelNames(report)
    .filter((name) => filter.label === undefined || name === filter.label)
    .map((name) => viewLabel(name, facts))
    .filter(({ providers }) => filter.provider === undefined || providers.includes(filter.provider))
    .sort(byKeys("name"));
  return { ...viewHead(report), labels };
}

interface Facts {
  readonly configs: ReadonlyMap<string, LabelConfig>;
  readonly reports: ReadonlyMap<string, LabelReport>;
  readonly counts: ReadonlyMap<string, StateCounts>;
  readonly requested: ReadonlyMap<string, number>;
  readonly moment: Moment;
}

function gatherFacts(report: PoolReport): Facts {
  return {
    configs: new Map((report.config?.labels ?? []).map((label) => [label.name, label])),
    reports: new Map(report.labels.map((label) => [label.name, label])),
    counts: countStates(nodesOf(report), ({ label }) => label),
    requested: countRequested(report),
    moment: report,
  };
}

function countRequested({ requests }: PoolReport): Map<string, number> {
  const requested = new Map<string, number>();
  for (const { label, count, grantedAt } of requests) {
    if (grantedAt === null) requested.set(label, (requested.get(label) ?? 0) + count);
  }
  return requested;
}

/** The nodes that users ask for and get: a node with its subnodes is one. */
function nodesOf({ nodes }: PoolReport): readonly NodeRecord[] {
  return nodes.filter(({ role }) => role === "node");
}

/** The configured ones and those that nodes still carry. */
function labelNames(report: PoolReport): string[] {
  const configured = (report.config?.labels ?? []).map(({ name }) => name);
  return [...new Set([...configured, ...nodesOf(report).map(({ label }) => label)])];
}

function viewLabel(name: string, facts: Facts): LabelView {
  const config = facts.configs.get(name);
  const planned = facts.reports.get(name);
  return {
    name,
    configured: config !== undefined,
    image: config?.image ?? null,
    providers: config?.providers ?? [],
    min_ready: config?.minReady ?? null,
    max_servers: config?.maxServers ?? null,
    nodes: facts.counts.get(name) ?? noNodes(),
    requested: facts.requested.get(name) ?? 0,
    missing: planned?.wanted ?? 0,
    refusals: (planned?.refusals ?? []).map(({ provider, obstacle }) => ({
      provider,
      reason: describeObstacle(obstacle, facts.moment),
    })),
  };
}
