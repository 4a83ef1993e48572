/** A server that the cloud is building: ACTIVE within launch-timeout, or given up. */
import { isOutOfReach, isUnseen, type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";

export function planBoot(situation: NodeSituation<"boot">): NodeStep {
  const { node, state, now, provider, seen } = situation;
  const giveUp = (kind: "status" | "vanished" | "timeout", message: string): NodeStep => ({
    do: "act",
    action: {
      type: "give-up",
      node,
      failure: { serverId: state.serverId, kind, message, wantsConsole: kind === "timeout" },
    },
  });

  const server = seen.inventory.servers.get(state.serverId);
  if (server?.status === "ACTIVE") return { do: "change", event: { type: "active" } };
  const trouble = serverTrouble(situation, state.serverId);
  if (trouble !== null) return giveUp(trouble.kind, trouble.message);

  const deadline = node.phaseSince + provider.launchTimeout;
  const status = server?.status ?? "not listed yet";
  if (now >= deadline && isUnseen(seen, state.serverId)) {
    const message = `the cloud cannot report on server ${state.serverId} (${status})`;
    return { do: "wait", reason: "provider", message };
  }
  if (now >= deadline && isOutOfReach(seen)) {
    const message = `cannot list the servers of ${provider.name}; this one was ${status}`;
    return { do: "wait", reason: "provider", message };
  }
  // A process that stood still, as on a machine that slept, last looked before the time was over.
  if (seen.inventory.listedSince(deadline)) {
    const seconds = provider.launchTimeout / 1000;
    return giveUp(
      "timeout",
      `server ${state.serverId} did not become ACTIVE within ${seconds} s (${status})`,
    );
  }
  return {
    do: "wait",
    reason: "active",
    message: `the server is ${status}`,
    ...(now < deadline && { until: deadline }),
  };
}
