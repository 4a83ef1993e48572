/**
 * How an ACTIVE server gets its floating IP: one that an earlier attempt made, or a new one on the port that the
 * external network reaches. None is made while there may be one that is not known yet.
 */
import type { Failure } from "../../domain/observation.ts";
import type { FloatingIp, Network, Port, Server } from "../../domain/server.ts";
import { floatingIpNodeId } from "../../domain/server_marks.ts";
import { type Instant, SECOND } from "../../domain/time.ts";
import type { FloatingIpWay } from "../action.ts";
import { chooseAddresses } from "../choose_address.ts";
import { chooseNetworks, isUnclear } from "../choose_networks.ts";
import { floatingIpSources, needsFloatingIp, planFloatingIps } from "../floating_ip_plan.ts";
import { floatingIpsByAddress, floatingIpsByPort, portsByServer } from "../listed_addresses.ts";
import { networkRoles } from "../network_roles.ts";
import { LISTING_SETTLE, type NodeSituation, type NodeStep } from "../node_step.ts";
import { act, change, wait } from "../follow_ladder.ts";

type Situation = NodeSituation<"address">;

/** @returns null: it is to have none, or has one */
export function planFloatingIp(
  situation: Situation,
  { server, until }: { server: Server; until: Instant },
): NodeStep | null {
  const { node, provider, seen } = situation;
  const networks = seen.catalog.networks;
  if (node.floatingIp !== null || planFloatingIps(provider, networks).use === "no") return null;
  if (networks === null) return wait("address", "the cloud's networks are not listed yet", until);
  const listed = server.addresses.find(({ kind }) => kind === "floating");
  if (listed !== undefined) return planListed(situation, { address: listed.address, until });
  if (!needsFloatingIp(server, { provider, networks })) return null;
  return planMaking(situation, { server, networks, until });
}

/** One that the server has already: ours, and then it is to be deleted with the node, or somebody else's. */
function planListed(
  { node, state, seen }: Situation,
  { address, until }: { address: string; until: Instant },
): NodeStep | null {
  const takenAt = seen.floatingIps?.takenAt ?? -Infinity;
  const [found] = floatingIpsByAddress(seen.floatingIps?.value ?? [], address);
  if (found !== undefined) return isOurs(found, { node, seen }) ? taking(found) : null;
  const isSettled = takenAt >= Math.max(state.activeAt + LISTING_SETTLE, node.retryAt ?? 0);
  return isSettled ? null : wait("address", `looking up whose floating IP ${address} is`, until);
}

function planMaking(
  { node, state, provider, seen, now }: Situation,
  { server, networks, until }: { server: Server; networks: readonly Network[]; until: Instant },
): NodeStep | null {
  const { ports, floatingIps } = seen;
  if (ports === null || ports.takenAt < state.activeAt) {
    const trouble = seen.troubles.get("ports");
    // As with a floating IP that is refused: the server's own address may do.
    const isKept = trouble !== undefined && !isOutage(trouble) && now - trouble.since >= PORTS_PATIENCE;
    if (isKept && provider.pool === null) return null;
    return wait("address", trouble?.message ?? "looking for the server's port", until);
  }
  const own = portsByServer(ports.value, state.serverId);
  if (own.length === 0) return wait("address", "the server has no port yet", until);
  // An earlier attempt, or an earlier process, may have made one whose answer got lost.
  const made = own.flatMap(({ id }) => floatingIpsByPort(floatingIps?.value ?? [], id))
    .find((ip) => isOurs(ip, { node, seen }));
  if (made !== undefined) return taking(made);
  // An attempt whose answer got lost may have made one that this list is too old to show.
  if (node.retryAt !== null && (floatingIps?.takenAt ?? -Infinity) < node.retryAt) {
    return wait("address", "looking for a floating IP that an earlier attempt may have created", until);
  }
  const sources = floatingIpSources(provider, networks);
  if (isUnclear(sources)) return wait("address", sources.message, until);
  const ways = waysOf(orderPorts(own, { provider, networks }), sources);
  if (ways.length === 0) return wait("address", "none of the server's ports has an IPv4 address", until);
  const otherwise = provider.pool === null ? chooseAddresses(server, { provider, networks }) : null;
  return act({ type: "create-floating-ip", node, ways, otherwise });
}

/** Ports that a cloud refuses to list for this long are kept from us. */
const PORTS_PATIENCE = 30 * SECOND;

/** Whether a trouble passes by itself: others are refusals, and would stay. */
export function isOutage({ kind, isUnauthenticated = false }: Failure): boolean {
  return kind === "unavailable" || kind === "timeout" || kind === "rateLimited" || isUnauthenticated;
}

function taking({ id, address, portId }: FloatingIp): NodeStep {
  const floatingIp = { id, address, ...(portId !== null && { portId }) };
  return change({ type: "floating-ip", floatingIp });
}

/** On a port of the node's server. Where Neutron knows no descriptions it is ours: nobody else knows that server yet. */
function isOurs(ip: FloatingIp, { node, seen }: Pick<Situation, "node" | "seen">): boolean {
  if (ip.description === null) return true;
  const { installation, lineage } = seen.inventory;
  return floatingIpNodeId(ip, installation, lineage) === node.id;
}

/** Which of a server's ports an external network reaches, only the attempt tells. */
function waysOf(ports: readonly Port[], sources: readonly Network[]): FloatingIpWay[] {
  return sources.flatMap((network) => ports.map(({ id }) => ({ portId: id, networkId: network.id })))
    .slice(0, MOST_WAYS);
}

/** A server has few ports, and a cloud few external networks. */
const MOST_WAYS = 8;

/** The one that clouds.yaml calls nat_destination first, then as the configuration names the networks; public ones last. */
function orderPorts(
  ports: readonly Port[],
  { provider, networks }: { provider: Situation["provider"]; networks: readonly Network[] },
): readonly Port[] {
  const nameOf = ({ networkId }: Port) => networks.find(({ id }) => id === networkId)?.name ?? "";
  const { declared, publicV4, natDestination } = networkRoles(provider, networks);
  const chosen = chooseNetworks(provider, { networks });
  const place = (port: Port) => {
    if (nameOf(port) === natDestination) return -1;
    if (declared.includes(nameOf(port)) || publicV4.includes(nameOf(port))) return Infinity;
    const index = isUnclear(chosen) ? -1 : chosen.findIndex(({ id }) => id === port.networkId);
    return index < 0 ? ports.length : index;
  };
  const fitting = ports.filter(({ addresses }) => addresses.some((address) => !address.includes(":")));
  return fitting.map((port) => ({ port, at: place(port) }))
    .sort((a, b) => (a.at === b.at ? 0 : a.at - b.at))
    .map(({ port }) => port);
}
