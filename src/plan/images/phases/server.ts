/** A snapshot whose server is being launched; `planImages` launches it where there is room. */
import { type NodeRecord, stateName } from "../../../domain/node.ts";
import type { ImageSituation, ImageStep } from "../image_step.ts";

export function planServer({ state, world }: ImageSituation<"server">): ImageStep {
  if (state.nodeId === null) return { do: "leave" };
  const node = world.nodes.get(state.nodeId);
  const lost = whyServerIsLost(node, { nodeId: state.nodeId, now: world.now });
  if (lost !== null) return lost;
  if (node?.state.phase === "prepare") {
    return { do: "change", event: { type: "server-ready", serverId: node.state.serverId } };
  }
  const { message } = node?.waitingOn ?? { message: "it is being launched" };
  return { do: "wait", reason: "server", message: `node ${state.nodeId}: ${message}` };
}

/** The step of an image whose server has ended before its time; null: the server is there. */
export function whyServerIsLost(
  node: NodeRecord | undefined,
  { nodeId, now }: { nodeId: number; now: number },
): ImageStep | null {
  if (node !== undefined && stateName(node) !== "delete") return null;
  const error = node?.evidence?.error ?? node?.comment ?? `its server, node ${nodeId}, is gone`;
  const none = { requestId: null, fault: null, console: null };
  const evidence = { kind: "server", ...none, ...(node?.evidence ?? {}), at: now, error };
  return { do: "change", event: { type: "failed", comment: error, evidence } };
}
