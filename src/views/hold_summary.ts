/** The nodes that are held, at a glance: how many, by whom, and which holds end soon. `status` shows it. */
import * as v from "valibot";
import type { PoolReport } from "../domain/pool_report.ts";
import { DAY } from "../domain/time.ts";
import { heldNodes } from "./hold_view.ts";
import { compareText, isoTime } from "./view_head.ts";
import { number, rows, string, stringOrNull } from "./view_schema.ts";

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
  return { nodes: held.length, holders: countHolders(held.map(({ holder }) => holder)), ending };
}

function countHolders(names: readonly string[]): HoldSummary["holders"] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, nodes]) => ({ name, nodes }))
    .sort((left, right) => right.nodes - left.nodes || compareText(left.name, right.name));
}
