/**
 * A node that its target is to forget before its server goes, so that no job is sent to a server that is not there. A
 * target that cannot be asked does not keep servers alive for ever.
 */
import { MINUTE } from "../../domain/time.ts";
import { findTarget, handOverOf } from "../../domain/hand_over.ts";
import { awaitRetry } from "../await_retry.ts";
import type { NodeSituation, NodeStep } from "../node_step.ts";
import { act, change } from "../follow_ladder.ts";

/** How long it is tried. */
const PATIENCE = 10 * MINUTE;

export function planUnassign({ node, now, config }: NodeSituation<"unassign">): NodeStep {
  const target = findTarget(config, node.target);
  const until = node.phaseSince + PATIENCE;
  // After a restart the time may be over without a single attempt: each node gets one.
  const isGivenUp = now >= until && node.attempt > 0;
  if (target === null || handOverOf(target) === "none" || isGivenUp) return change({ type: "unassigned" });
  return awaitRetry(node, { now, reason: "target", by: until }) ?? act({ type: "unassign-node", node });
}
