/** Ready nodes that are older than their label's max-ready-age are replaced, a few at a time. */
import type { LabelConfig } from "../domain/config.ts";
import { mayBeDeleted } from "../domain/hand_over.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { Instant } from "../domain/time.ts";
import type { PoolInput } from "./pool_plan.ts";
import { isGoing } from "./being_deleted.ts";

/** Of a label's ready nodes, at most this part is away being replaced at any time. */
const PART_AT_ONCE = 0.1;

export interface Replacements {
  readonly nodes: readonly NodeRecord[];
  /** When the next node is old enough; null: none will be. */
  readonly until: Instant | null;
}

export function planReplacements(
  { config, nodes, now, heardSince = new Map() }: Pick<PoolInput, "config" | "nodes" | "now" | "heardSince">,
): Replacements {
  const index = NodeIndex.of(nodes);
  const aged: NodeRecord[] = [];
  let until = Infinity;
  for (const label of config.labels) {
    if (label.maxReadyAge === null) continue;
    const { ready } = index.label(label.name);
    let places: number | null = null;
    for (const node of ready) {
      if (endOf(node, label) > now) {
        until = Math.min(until, endOf(node, label));
        break;
      }
      if (!mayBeDeleted(node, { config, heardSince })) continue;
      places ??= placesFree(countAway(label, index, now), ready.size);
      if (places-- > 0) aged.push(node);
    }
  }
  return { nodes: aged, until: until === Infinity ? null : until };
}

function endOf(node: NodeRecord, label: LabelConfig): Instant {
  return node.stateSince + (label.maxReadyAge ?? Infinity);
}

/** Being built or deleted; subnodes do not count. */
function countAway({ name }: LabelConfig, { providers }: NodeIndex, now: Instant): number {
  const isAway = (node: NodeRecord) =>
    node.label === name && node.role === "node" && (stateName(node) === "building" || isGoing(node, now));
  return providers.values().reduce(
    (sum, { unsettled }) => sum + unsettled.values().filter(isAway).toArray().length,
    0,
  );
}

/** At max-servers the next one is launched only when the old one is gone. */
function placesFree(away: number, ready: number): number {
  return Math.max(0, Math.max(1, Math.ceil(ready * PART_AT_ONCE)) - away);
}
