/** A node whose server is gone: the floating IP that was made for it goes too, unless somebody uses it; then the node. */
import type { NodeSituation, NodeStep } from "../node_step.ts";
import { awaitRetry } from "../await_retry.ts";

export function planDeleteAddress({ node, now }: NodeSituation<"delete-address">): NodeStep {
  if (node.floatingIp === null || node.floatingIp.isMoved) return { do: "end" };
  return awaitRetry(node, { now, reason: "delete" }) ??
    { do: "act", action: { type: "delete-floating-ip", node, floatingIpId: node.floatingIp.id } };
}
