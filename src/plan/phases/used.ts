/**
 * A node that somebody works on: it ends when it is given back, a while after its target reported its job's end, when
 * its server is gone, or when it is stuck.
 */
import { durationText } from "../../domain/time.ts";
import { type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";

export function planUsed(situation: NodeSituation<"used">): NodeStep {
  const { node, state, now, config } = situation;
  const trouble = serverTrouble(situation, state.serverId);
  if (trouble?.kind === "vanished") {
    return { do: "change", event: { type: "delete", by: "cloud", comment: trouble.message, result: "lost" } };
  }
  if (node.jobEnd !== null) {
    const endsAt = node.jobEnd.at + config.limits.deleteDelay;
    return now < endsAt ? { do: "stay", until: endsAt } : { do: "act", action: { type: "end-job", node } };
  }
  const until = node.stateSince + config.limits.nodeStuck;
  if (now < until) return { do: "stay", until };
  const comment = `used for more than ${durationText(config.limits.nodeStuck)}`;
  return { do: "change", event: { type: "delete", by: "limit", comment, result: "used" } };
}
