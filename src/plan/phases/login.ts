/** A server with an address: a login must work within boot-timeout of its becoming ACTIVE. */
import { giveUp, giveUpTroubled, type NodeSituation, type NodeStep } from "../node_step.ts";
import { act, awaitRetry, isTriedUntil } from "../follow_ladder.ts";

export function planLogin(situation: NodeSituation<"login">): NodeStep {
  const { node, state, now, provider } = situation;
  const trouble = giveUpTroubled(situation);
  if (trouble !== null) return trouble;
  const deadline = state.activeAt + provider.bootTimeout;
  const lastError = node.attempt > 0 && node.waitingOn !== null ? `: ${node.waitingOn.message}` : "";
  // After a restart the time may be over without a single attempt, or without one that was due: each node gets it.
  if (now >= deadline && isTriedUntil(deadline, node)) {
    return giveUp(situation, "ssh", `no login within ${provider.bootTimeout / 1000} s of ACTIVE${lastError}`);
  }
  const retry = awaitRetry(node, { now, reason: "login", by: deadline });
  if (retry !== null) return retry;
  const address = node.addresses?.login;
  if (address === undefined) return giveUp(situation, "ssh", "the node has no address to log in to");
  return act({ type: "login", node, address });
}
