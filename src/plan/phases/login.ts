/** A server with an address: a login must work within boot-timeout of its becoming ACTIVE. */
import { type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";
import { awaitRetry, isTriedUntil } from "../await_retry.ts";

export function planLogin(situation: NodeSituation<"login">): NodeStep {
  const { node, state, now, provider } = situation;
  const giveUp = (kind: "status" | "vanished" | "ssh", message: string): NodeStep => ({
    do: "act",
    action: {
      type: "give-up",
      node,
      failure: { serverId: state.serverId, kind, message, wantsConsole: kind === "ssh" },
    },
  });

  const trouble = serverTrouble(situation, state.serverId);
  if (trouble !== null) return giveUp(trouble.kind, trouble.message);
  const deadline = state.activeAt + provider.bootTimeout;
  const lastError = node.attempt > 0 && node.waitingOn !== null ? `: ${node.waitingOn.message}` : "";
  // After a restart the time may be over without a single attempt, or without one that was due: each node gets it.
  if (now >= deadline && isTriedUntil(deadline, node)) {
    return giveUp("ssh", `no login within ${provider.bootTimeout / 1000} s of ACTIVE${lastError}`);
  }
  const retry = awaitRetry(node, { now, reason: "login", by: deadline });
  if (retry !== null) return retry;
  const address = node.addresses?.login;
  if (address === undefined) return giveUp("ssh", "the node has no address to log in to");
  return { do: "act", action: { type: "login", node, address } };
}
