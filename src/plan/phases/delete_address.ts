/** A node whose server is gone: the floating IP that was made for it goes too, unless somebody uses it; then the node. */
import type { NodeSituation, NodeStep } from "../node_step.ts";
import { awaitRetry } from "../await_retry.ts";
import { act } from "../follow_ladder.ts";

export function planDeleteAddress({ node, now }: NodeSituation<"delete-address">): NodeStep {
  if (node.floatingIp === null || node.floatingIp.isMoved) return { do: "end" };
  return awaitRetry(node, { now, reason: "delete" }) ??
    act({ type: "delete-floating-ip", node, floatingIpId: node.floatingIp.id });
}
