/** Who holds a node, why and until when: in lists of nodes, and summed up, as `status` shows it. */
import * as v from "valibot";
import { AUTO_HOLD_OWNER } from "../domain/auto_hold.ts";
import type { Config } from "../domain/config.ts";
import { holdEnd } from "../domain/end_of_hold.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { DAY, LAST_INSTANT, type Milliseconds } from "../domain/time.ts";
import { compareText, isoTime, isoTimeOrNull, type WallTime } from "./view_head.ts";
import { number, rows, since0_4, string, stringOrNull } from "./view_schema.ts";

export const holdViewSchema = v.object({
  reason: stringOrNull,
  owner: stringOrNull,
  /** When its own time is over; null: it has none. */
  until: stringOrNull,
  /** When it ends by itself, by its own time or by `limits.hold-max-age`; null: when somebody ends it. */
  ends: since0_4(stringOrNull),
  /** Held by nodepool, which does not know whether somebody works on it: `release` ends the hold too. */
  may_be_in_use: since0_4(v.boolean()),
});

/** The facts that a hold is shown by, besides its node. */
export interface HoldFrame extends WallTime {
  /** `limits.hold-max-age`; null: without, or not known. */
  readonly holdMaxAge: Milliseconds | null;
}

export function holdFrameOf(
  { wallOffset, config }: WallTime & { readonly config: Config | null },
): HoldFrame {
  return { wallOffset, holdMaxAge: config?.limits.holdMaxAge ?? null };
}

export function viewHold(node: NodeRecord, frame: HoldFrame): v.InferOutput<typeof holdViewSchema> | null {
  if (node.hold === null) return null;
  const { reason, owner, until, mayBeInUse } = node.hold;
  return {
    reason,
    owner,
    until: isoTimeOrNull(until, frame),
    ends: node.state.phase === "hold" ? isoTimeOrNull(holdEnd(node, frame.holdMaxAge), frame) : null,
    may_be_in_use: mayBeInUse === true,
  };
}

/** Those of the pool, subnodes left out; the first to end comes first. `ends` null: when somebody ends it. */
export function heldNodes({ nodes, config }: Pick<PoolReport, "nodes" | "config">) {
  const holdMaxAge = config?.limits.holdMaxAge ?? null;
  return nodes.filter((node) => node.role === "node" && node.state.phase === "hold").map((node) => ({
    node,
    holder: describeHolder({
      owner: node.hold?.owner ?? null,
      job: node.job,
      isStale: node.hold?.mayBeInUse === true,
    }),
    ends: holdEnd(node, holdMaxAge),
  })).sort((left, right) =>
    (left.ends ?? LAST_INSTANT) - (right.ends ?? LAST_INSTANT) || left.node.id - right.node.id
  );
}

/** `maria`; `nodepool for unit-tests`, where a failed job has it held; empty where nobody said. */
export function describeHolder(
  { owner, job, isStale }: { owner: string | null; job: string | null; isStale: boolean },
): string {
  return owner === AUTO_HOLD_OWNER && job !== null && !isStale ? `${owner} for ${job}` : owner ?? "";
}

export const holdSummarySchema = v.object({
  nodes: number,
  /** The holder of most nodes comes first; an empty name: nobody said who it is. */
  holders: rows(v.object({ name: string, nodes: number })),
  /** Those that end within 24 hours, or where none does the next to end. */
  ending: rows(v.object({ id: number, holder: string, reason: stringOrNull, ends: string })),
});
export type HoldSummary = v.InferOutput<typeof holdSummarySchema>;

const SOON = 1 * DAY;

export function viewHoldSummary(report: PoolReport): HoldSummary {
  const held = heldNodes(report);
  const ending = held.flatMap(({ node, holder, ends }, index) =>
    ends !== null && (index === 0 || ends < report.now + SOON)
      ? [{ id: node.id, holder, reason: node.hold?.reason ?? null, ends: isoTime(ends, report) }]
      : []
  );
  const holders = [...Map.groupBy(held, ({ holder }) => holder)]
    .map(([name, alike]) => ({ name, nodes: alike.length }))
    .sort((left, right) => right.nodes - left.nodes || compareText(left.name, right.name));
  return { nodes: held.length, holders, ending };
}
