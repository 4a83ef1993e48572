/** A node whose server is gone: the floating IP that was made for it goes too, unless somebody uses it; then the node. */
import type { NodeSituation, NodeStep } from "../node_step.ts";

export function planDeleteAddress({ node, now }: NodeSituation<"delete-address">): NodeStep {
  if (node.floatingIp === null || node.floatingIp.isMoved) return { do: "end" };
  if (node.retryAt !== null && node.retryAt > now) {
    const message = node.waitingOn?.message ?? "the next attempt";
    return { do: "wait", reason: "delete", message, until: node.retryAt };
  }
  return { do: "act", action: { type: "delete-floating-ip", node, floatingIpId: node.floatingIp.id } };
}
