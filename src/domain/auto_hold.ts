/** A job whose nodes are kept when it fails, so that somebody can look at them. One for each job's name. */
import { type NodeRecord, stateName } from "./node.ts";
import type { Instant } from "./time.ts";

export interface AutoHold {
  readonly revision: number;
  /** Never reused. */
  readonly id: number;
  /** The job's name. */
  readonly job: string;
  /** How many nodes may be held for it at a time; at least 1. */
  readonly holdOnFailure: number;
  readonly createdAt: Instant;
}

/** Who holds nodes by such an entry. */
export const AUTO_HOLD_OWNER = "nodepool";

/** Why such a node is held. */
export function autoHoldReason(job: string): string {
  return `Automatically held after failing ${job}`;
}

/** Whether the node counts as held for the job: no matter who holds it, or what the reason says by now. */
export function isHeldFor(job: string, node: NodeRecord): boolean {
  return node.job === job && stateName(node) === "hold";
}
