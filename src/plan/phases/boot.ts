/** A server that the cloud is building: ACTIVE within launch-timeout, or given up. */
import {
  giveUp,
  giveUpTroubled,
  isOutOfReach,
  isUnseen,
  type NodeSituation,
  type NodeStep,
} from "../node_step.ts";
import { change, wait } from "../follow_ladder.ts";

export function planBoot(situation: NodeSituation<"boot">): NodeStep {
  const { node, state, now, provider, seen } = situation;
  const server = seen.inventory.servers.get(state.serverId);
  if (server?.status === "ACTIVE") return change({ type: "active" });
  const trouble = giveUpTroubled(situation);
  if (trouble !== null) return trouble;

  const deadline = node.phaseSince + provider.launchTimeout;
  const status = server?.status ?? "not listed yet";
  if (now < deadline) return wait("active", `the server is ${status}`, deadline);
  if (isUnseen(seen, state.serverId)) {
    return wait("provider", `the cloud cannot report on server ${state.serverId} (${status})`);
  }
  if (isOutOfReach(seen)) {
    return wait("provider", `cannot list the servers of ${provider.name}; this one was ${status}`);
  }
  // A process that stood still, as on a machine that slept, last looked before the time was over.
  if (!seen.inventory.listedSince(deadline)) return wait("active", `the server is ${status}`);
  const seconds = provider.launchTimeout / 1000;
  const message = `server ${state.serverId} did not become ACTIVE within ${seconds} s (${status})`;
  return giveUp(situation, "timeout", message);
}
