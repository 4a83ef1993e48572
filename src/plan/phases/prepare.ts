/** A server on which something is done before it can be used: as long as its work needs it. */
import { type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";

/** That a builder's or checker's work is over is seen before the ladders are asked. */
export function planPrepare(situation: NodeSituation<"prepare">): NodeStep {
  const trouble = serverTrouble(situation, situation.state.serverId);
  if (trouble === null) return { do: "stay" };
  return { do: "change", event: { type: "delete", comment: trouble.message, result: "lost" } };
}
