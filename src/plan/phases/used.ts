/**
 * A node that somebody works on: it ends when it is given back, a while after its target reported its job's end, when
 * its server is gone, or when it is stuck. It is for one job: a Jenkins is kept from giving its agent another.
 */
import { findTarget, handOverOf } from "../../domain/hand_over.ts";
import { durationText, type Instant } from "../../domain/time.ts";
import { act, awaitRetry, stay } from "../follow_ladder.ts";
import { type NodeSituation, type NodeStep, remove, removeVanished } from "../node_step.ts";

export function planUsed(situation: NodeSituation<"used">): NodeStep {
  const { node, now, config } = situation;
  const gone = removeVanished(situation);
  if (gone !== null) return gone;
  if (node.jobEnd !== null) {
    const endsAt = node.jobEnd.at + config.limits.deleteDelay;
    return now < endsAt ? stayAlone(situation, endsAt) : act({ type: "end-job", node });
  }
  const until = node.stateSince + config.limits.nodeStuck;
  if (now < until) return stayAlone(situation, until);
  return remove("limit", `used for more than ${durationText(config.limits.nodeStuck)}`, "used");
}

function stayAlone({ node, state, now, config, targets }: NodeSituation<"used">, until: Instant): NodeStep {
  const target = findTarget(config, node.target);
  const isAgent = target !== null && handOverOf(target) === "jenkins" && node.assignedAt !== null;
  if (!isAgent || state.isClosed || targets.get(target.name)?.online === false) return stay(until);
  return awaitRetry(node, { now, reason: "target", by: until }) ?? act({ type: "close-agent", node });
}
