/** The labels of the dashboard: their nodes against what is wanted and possible, who waits, and what is missing. */
import type { Config, LabelConfig } from "../../domain/config.ts";
import { describeRefusals } from "../../domain/describe_obstacle.ts";
import type { NodeRecord } from "../../domain/node.ts";
import type { LabelReport, PoolReport } from "../../domain/pool_report.ts";
import { earliest } from "../../domain/time.ts";
import { untilOf } from "../explain/told_parts.ts";
import { countStates, noNodes } from "../state_counts.ts";
import { shownOf } from "./shown.ts";

export type LabelRow = ReturnType<typeof labelRows>["rows"][number];

const MOST = 14;

/** @param nodes those that users ask for and get: one with its subnodes is one */
export function labelRows(report: PoolReport, nodes: readonly NodeRecord[]) {
  const configs = new Map((report.config?.labels ?? []).map((label) => [label.name, label]));
  const planned = new Map(report.labels.map((label) => [label.name, label]));
  const counts = countStates(nodes, ({ label }) => label);
  const waiting = Map.groupBy(
    report.requests.filter(({ grantedAt }) => grantedAt === null),
    ({ label }) => label,
  );
  const rows = [...new Set([...configs.keys(), ...counts.keys()])].sort().map((name) => {
    const config = configs.get(name);
    const asked = waiting.get(name) ?? [];
    return {
      name,
      nodes: counts.get(name) ?? noNodes(),
      /** -1: disabled; null: it is no longer configured. */
      minReady: config?.minReady ?? null,
      /** The most nodes that its own limit and those of its providers allow; null: it is no longer configured. */
      capacity: config === undefined ? null : capacityOf(config, report.config),
      /** Requests that wait, and when the oldest of them was made. */
      waiting: asked.length,
      oldest: earliest(asked.map(({ createdAt }) => createdAt)),
      /** From the demand to the node; null: nobody got one of late. */
      waits: report.samples.waits(name),
      ...missingOf(planned.get(name), report),
    };
  });
  return shownOf(rows, {
    most: MOST,
    rank: ({ missing, waiting }) => (missing > 0 ? 2 : 0) + (waiting > 0 ? 1 : 0),
  });
}

function capacityOf({ maxServers, providers, subnodes }: LabelConfig, config: Config | null): number {
  const room = (config?.providers ?? []).filter(({ name }) => providers.includes(name))
    .reduce((sum, provider) => sum + Math.max(0, provider.maxServers), 0);
  // A node with its subnodes takes as many servers.
  return Math.min(maxServers ?? Infinity, Math.floor(room / (1 + subnodes)));
}

function missingOf(planned: LabelReport | undefined, report: PoolReport) {
  if (planned === undefined || planned.wanted === 0) return { missing: 0, why: "", nextTry: null };
  const { wanted, refusals } = planned;
  return {
    /** Nodes that planning would have launched and could not. */
    missing: wanted,
    /** Why not, in words; empty: it needs no reason. */
    why: describeRefusals(refusals, { ...report, isLinked: false }),
    /** When it is tried again; null: now, or not known. */
    nextTry: earliest(refusals.map(({ obstacle }) => untilOf(obstacle))),
  };
}
