/** Ready nodes that are older than their label's max-ready-age are replaced, a few at a time. */
import type { Config, LabelConfig } from "../domain/config.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";

/** Of a label's ready nodes, at most this part is away being replaced at any time. */
const PART_AT_ONCE = 0.1;

export interface Retirements {
  readonly nodes: readonly NodeRecord[];
  /** When the next node comes of age; null: none will. */
  readonly until: Instant | null;
}

export function planRetirements(config: Config, nodes: readonly NodeRecord[], now: Instant): Retirements {
  const retired: NodeRecord[] = [];
  let until = Infinity;
  for (const label of config.labels) {
    if (label.maxReadyAge === null) continue;
    const own = nodes.filter((node) => node.label === label.name && node.role === "node");
    const ready = own.filter((node) => node.state.phase === "ready").sort((a, b) =>
      a.stateSince - b.stateSince
    );
    retired.push(
      ...ready.filter((node) => endOf(node, label) <= now).slice(0, placesFree(own, ready.length)),
    );
    const next = ready.find((node) => endOf(node, label) > now);
    if (next !== undefined) until = Math.min(until, endOf(next, label));
  }
  return { nodes: retired, until: until === Infinity ? null : until };
}

function endOf(node: NodeRecord, label: LabelConfig): Instant {
  return node.stateSince + (label.maxReadyAge ?? Infinity);
}

function placesFree(own: readonly NodeRecord[], ready: number): number {
  // At max-servers the next one is launched only when the old one is gone.
  const away = own.filter((node) => ["building", "delete"].includes(stateName(node))).length;
  return Math.max(0, Math.max(1, Math.ceil(ready * PART_AT_ONCE)) - away);
}
