/** An ACTIVE server that needs an address to log in to: a fixed one, or a floating IP made for it. */
import type { Port } from "../../domain/server.ts";
import { chooseNetworks } from "../choose_flavor.ts";
import { chooseAddresses, wantsFloatingIp } from "../choose_address.ts";
import { isUnseen, type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";
import { floatingIpNodeId } from "../../domain/server_marks.ts";

export function planAddress(situation: NodeSituation<"address">): NodeStep {
  const { node, state, now, provider, seen } = situation;
  const giveUp = (kind: "status" | "vanished" | "ipadd", message: string): NodeStep => ({
    do: "act",
    action: {
      type: "give-up",
      node,
      failure: { serverId: state.serverId, kind, message, wantsConsole: false },
    },
  });

  const trouble = serverTrouble(situation, state.serverId);
  if (trouble !== null) return giveUp(trouble.kind, trouble.message);
  const server = seen.inventory.servers.get(state.serverId);
  if (server === undefined) return { do: "wait", reason: "listing", message: "the server is not listed yet" };

  const addresses = chooseAddresses(server, { provider, floatingIp: node.floatingIp?.address ?? null });
  if (addresses !== null) return { do: "change", event: { type: "addressed", addresses } };
  const deadline = state.activeAt + provider.bootTimeout;
  if (now >= deadline && isUnseen(seen, server.id)) {
    return { do: "wait", reason: "provider", message: `the cloud cannot tell of server ${server.id}` };
  }
  if (now >= deadline) {
    const seconds = provider.bootTimeout / 1000;
    return giveUp("ipadd", `server ${server.id} got no address to log in to within ${seconds} s`);
  }
  if (node.retryAt !== null && node.retryAt > now) {
    const message = node.waitingOn?.message ?? "the next attempt";
    return { do: "wait", reason: "address", message, until: Math.min(node.retryAt, deadline) };
  }
  if (wantsFloatingIp(provider)) return planFloatingIp(situation, deadline);
  return { do: "wait", reason: "address", message: "the server has no address yet", until: deadline };
}

function planFloatingIp({ node, state, provider, seen }: NodeSituation<"address">, until: number): NodeStep {
  const wait = (message: string): NodeStep => ({ do: "wait", reason: "address", message, until });
  const ports = seen.ports;
  if (ports === null || ports.takenAt < state.activeAt) return wait("looking for the server's port");
  const port = choosePort(ports.value.filter(({ serverId }) => serverId === state.serverId), {
    provider,
    seen,
  });
  if (port === undefined) return wait("the server has no port yet");

  // An earlier attempt, or an earlier process, may have made one whose answer got lost.
  const { installation } = seen.inventory;
  const made = seen.floatingIps?.value.find((ip) =>
    ip.portId === port.id && floatingIpNodeId(ip, installation, seen.inventory.lineage) === node.id
  );
  if (made !== undefined) {
    const floatingIp = { id: made.id, address: made.address, portId: port.id };
    return { do: "change", event: { type: "floating-ip", floatingIp } };
  }
  // An attempt whose answer got lost may have made one that this list is too old to show.
  if (node.retryAt !== null && (seen.floatingIps?.takenAt ?? -Infinity) < node.retryAt) {
    return wait("looking for a floating IP that an earlier attempt may have made");
  }
  const pool = seen.catalog?.networks.find(({ id, name }) => id === provider.pool || name === provider.pool);
  if (pool === undefined) return wait(`the cloud has no network ${provider.pool}`);
  return {
    do: "act",
    action: { type: "create-floating-ip", node, portId: port.id, networkId: pool.id },
  };
}

/** Of several, the one on the network that the configuration names first. */
function choosePort(
  ports: readonly Port[],
  { provider, seen }: Pick<NodeSituation, "provider" | "seen">,
): Port | undefined {
  const networks = seen.catalog === null ? [] : chooseNetworks(provider, seen.catalog);
  const [first] = typeof networks === "string" ? [] : networks;
  return ports.find(({ networkId }) => networkId === first?.id) ?? ports[0];
}
