/**
 * A node that somebody works on: it ends when it is given back, a while after its target reported its job's end, when
 * its server is gone, or when it is stuck.
 */
import { durationText } from "../../domain/time.ts";
import { type NodeSituation, type NodeStep, remove, removeVanished } from "../node_step.ts";
import { act } from "../follow_ladder.ts";

export function planUsed(situation: NodeSituation<"used">): NodeStep {
  const { node, now, config } = situation;
  const gone = removeVanished(situation);
  if (gone !== null) return gone;
  if (node.jobEnd !== null) {
    const endsAt = node.jobEnd.at + config.limits.deleteDelay;
    return now < endsAt ? { do: "stay", until: endsAt } : act({ type: "end-job", node });
  }
  const until = node.stateSince + config.limits.nodeStuck;
  if (now < until) return { do: "stay", until };
  return remove("limit", `used for more than ${durationText(config.limits.nodeStuck)}`, "used");
}
