/**
 * A node that somebody works on: it ends when it is given back, a while after its target reported its job's end, when
 * its server is gone, or when it is stuck. It is for one job: a Jenkins is kept from giving its agent another.
 */
import { findTarget, handOverOf } from "../../domain/hand_over.ts";
import { durationText, type Instant } from "../../domain/time.ts";
import { awaitRetry } from "../await_retry.ts";
import { type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";

export function planUsed(situation: NodeSituation<"used">): NodeStep {
  const { node, state, now, config } = situation;
  const trouble = serverTrouble(situation, state.serverId);
  if (trouble?.kind === "vanished") {
    return { do: "change", event: { type: "delete", by: "cloud", comment: trouble.message, result: "lost" } };
  }
  if (node.jobEnd !== null) {
    const endsAt = node.jobEnd.at + config.limits.deleteDelay;
    return now < endsAt ? stay(situation, endsAt) : { do: "act", action: { type: "end-job", node } };
  }
  const until = node.stateSince + config.limits.nodeStuck;
  if (now < until) return stay(situation, until);
  const comment = `used for more than ${durationText(config.limits.nodeStuck)}`;
  return { do: "change", event: { type: "delete", by: "limit", comment, result: "used" } };
}

function stay({ node, state, now, config, targets }: NodeSituation<"used">, until: Instant): NodeStep {
  const target = findTarget(config, node.target);
  const isAgent = target !== null && handOverOf(target) === "jenkins" && node.assignedAt !== null;
  if (!isAgent || state.isClosed || targets.get(target.name)?.online === false) return { do: "stay", until };
  return awaitRetry(node, { now, reason: "target", by: until }) ??
    { do: "act", action: { type: "close-agent", node } };
}
