/** The labels of the dashboard: what there is of each against what is wanted and possible, who waits, and what is missing. */
import type { Config, LabelConfig } from "../../domain/config.ts";
import { describeRefusals } from "../../domain/describe_obstacle.ts";
import type { NodeRecord } from "../../domain/node.ts";
import type { LabelReport, PoolReport } from "../../domain/pool_report.ts";
import type { WaitSummary } from "../../domain/samples/pool_samples.ts";
import { earliest, type Instant } from "../../domain/time.ts";
import { untilOf } from "../explain/told_parts.ts";
import { countStates, noNodes, type StateCounts } from "../state_counts.ts";
import { type Shown, shownOf } from "./shown.ts";

export interface LabelRow {
  readonly name: string;
  readonly nodes: StateCounts;
  /** -1: disabled; null: it is no longer configured. */
  readonly minReady: number | null;
  /** The most nodes that its own limit and those of its providers allow; null: it is no longer configured. */
  readonly capacity: number | null;
  /** Requests that wait. */
  readonly waiting: number;
  /** When the oldest of them was made. */
  readonly oldest: Instant | null;
  /** From the demand to the node; null: nobody got one of late. */
  readonly waits: WaitSummary | null;
  /** Nodes that planning would have launched and could not. */
  readonly missing: number;
  /** Why not, in words; empty: nothing is missing, or it needs no reason. */
  readonly why: string;
  /** When it is tried again; null: now, or not known. */
  readonly nextTry: Instant | null;
}

const MOST = 14;

/** @param nodes those that users ask for and get: one with its subnodes is one */
export function labelRows(report: PoolReport, nodes: readonly NodeRecord[]): Shown<LabelRow> {
  const facts = factsOf(report, nodes);
  const names = new Set([...facts.configs.keys(), ...facts.counts.keys()]);
  const rows = [...names].sort().map((name) => rowOf(name, { facts, report }));
  return shownOf(rows, {
    most: MOST,
    rank: ({ missing, waiting }) => (missing > 0 ? 2 : 0) + (waiting > 0 ? 1 : 0),
  });
}

type Facts = ReturnType<typeof factsOf>;

function factsOf({ config, labels, requests }: PoolReport, nodes: readonly NodeRecord[]) {
  const waiting = Map.groupBy(requests.filter(({ grantedAt }) => grantedAt === null), ({ label }) => label);
  return {
    configs: new Map((config?.labels ?? []).map((label) => [label.name, label])),
    planned: new Map(labels.map((label) => [label.name, label])),
    counts: countStates(nodes, ({ label }) => label),
    waiting,
  };
}

function rowOf(
  name: string,
  { facts, report }: { facts: Facts; report: PoolReport },
): LabelRow {
  const config = facts.configs.get(name);
  const waiting = facts.waiting.get(name) ?? [];
  return {
    name,
    nodes: facts.counts.get(name) ?? noNodes(),
    minReady: config?.minReady ?? null,
    capacity: config === undefined ? null : capacityOf(config, report.config),
    waiting: waiting.length,
    oldest: earliest(waiting.map(({ createdAt }) => createdAt)),
    waits: report.samples.waits(name),
    ...missingOf(facts.planned.get(name), report),
  };
}

function capacityOf({ maxServers, providers, subnodes }: LabelConfig, config: Config | null): number {
  const room = (config?.providers ?? []).filter(({ name }) => providers.includes(name))
    .reduce((sum, provider) => sum + Math.max(0, provider.maxServers), 0);
  // A node with its subnodes takes as many servers.
  return Math.min(maxServers ?? Infinity, Math.floor(room / (1 + subnodes)));
}

function missingOf(
  planned: LabelReport | undefined,
  report: PoolReport,
): Pick<LabelRow, "missing" | "why" | "nextTry"> {
  if (planned === undefined || planned.wanted === 0) return { missing: 0, why: "", nextTry: null };
  const { wanted, refusals } = planned;
  return {
    missing: wanted,
    why: describeRefusals(refusals, { ...report, isLinked: false }),
    nextTry: earliest(refusals.map(({ obstacle }) => untilOf(obstacle))),
  };
}
