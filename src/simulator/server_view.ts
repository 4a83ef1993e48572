/** A server as Nova's JSON shows it, at a time and in a microversion. */
import type { Instant } from "../domain/time.ts";
import { isoMicroseconds, isoSeconds } from "./answer.ts";
import type { CloudState } from "./cloud_state.ts";
import type { Exchange } from "./exchange.ts";
import { fixedIpsOf } from "./network_view.ts";
import { hasAddressAt, type SimulatedServer, statusAt, taskStateAt, updatedAt } from "./simulated_server.ts";
import { nameId } from "./stock.ts";

/** Id, name and links, as lists without detail have them. */
export function briefServer(exchange: Exchange, server: SimulatedServer) {
  return { id: server.id, name: server.name, links: serverLinks(exchange, server.id) };
}

/** All that a project's member sees of it; `fault` only where one server is asked for. */
export function fullServer(
  exchange: Exchange,
  server: SimulatedServer,
  { now, withFault = false }: { now: Instant; withFault?: boolean },
): Record<string, unknown> {
  const { cloud, microversion } = exchange;
  const status = statusAt(server, now);
  const built = now >= server.builtAt && server.fault === null;
  const zone = built || now >= server.addressAt ? server.zone : "";
  return {
    id: server.id,
    name: server.name,
    status,
    tenant_id: cloud.stock.projectId,
    user_id: cloud.stock.userId,
    metadata: status === "DELETED" ? {} : server.metadata,
    hostId: zone === "" ? "" : hostId(cloud, server.zone),
    image: server.imageId === "" ? "" : imageOf(exchange, server.imageId),
    flavor: flavorOf(exchange, server.flavor.id),
    created: isoSeconds(server.createdAt),
    updated: isoSeconds(updatedAt(server, now)),
    addresses: addressesOf(cloud, server, { now, full: true }),
    accessIPv4: "",
    accessIPv6: "",
    links: serverLinks(exchange, server.id),
    "OS-DCF:diskConfig": "MANUAL",
    ...(status === "ERROR" && withFault ? { fault: faultOf(server) } : {}),
    ...(status === "ACTIVE" || status === "BUILD" ? { progress: 0 } : {}),
    "OS-EXT-AZ:availability_zone": zone,
    config_drive: server.configDrive ? "True" : "",
    key_name: server.keyName,
    "OS-SRV-USG:launched_at": built ? isoMicroseconds(server.builtAt) : null,
    "OS-SRV-USG:terminated_at": status === "DELETED" ? isoMicroseconds(server.goneAt) : null,
    ...(zone === "" || status === "DELETED"
      ? {}
      : { security_groups: server.securityGroups.map((name) => ({ name })) }),
    "OS-EXT-STS:task_state": taskStateAt(server, now),
    "OS-EXT-STS:vm_state": status === "BUILD" ? "building" : status.toLowerCase(),
    "OS-EXT-STS:power_state": status === "ACTIVE" ? 1 : 0,
    "os-extended-volumes:volumes_attached": [],
    ...newerFields(server, microversion),
  };
}

/** The first microversion that tells of servers in cells that are down. */
const DOWN_CELLS = 69;

/** Nova's view of a server whose cell is down; null: it does not tell. `alone`: that one server is asked for. */
export function downServer(
  exchange: Exchange,
  server: SimulatedServer,
  { alone = false }: { alone?: boolean } = {},
): Record<string, unknown> | null {
  const { cloud, microversion } = exchange;
  if (microversion < DOWN_CELLS || !server.cellDown?.told) return null;
  const { projectId, userId } = cloud.stock;
  return {
    id: server.id,
    status: "UNKNOWN",
    tenant_id: projectId,
    created: isoSeconds(server.createdAt),
    links: serverLinks(exchange, server.id),
    ...(alone && {
      user_id: userId,
      image: server.imageId === "" ? "" : imageOf(exchange, server.imageId),
      flavor: flavorOf(exchange, server.flavor.id),
      "OS-EXT-AZ:availability_zone": server.zone,
      "OS-EXT-STS:power_state": 0,
    }),
  };
}

/** Nova's `addresses`: by network name. */
export function addressesOf(
  cloud: CloudState,
  server: SimulatedServer,
  { now, full }: { now: Instant; full: boolean },
): Record<string, unknown[]> {
  const addresses: Record<string, unknown[]> = {};
  if (!hasAddressAt(server, now)) return addresses;
  for (const port of server.ports) {
    const network = cloud.stock.networks.find((one) => one.id === port.networkId)!;
    const shown = (addr: string, type: string) => {
      const version = addr.includes(":") ? 6 : 4;
      return full
        ? { version, addr, "OS-EXT-IPS:type": type, "OS-EXT-IPS-MAC:mac_addr": port.mac }
        : { version, addr };
    };
    const list = addresses[network.name] ??= [];
    list.push(...fixedIpsOf(cloud, port).map(({ ip_address }) => shown(ip_address, "fixed")));
    if (port.floatingIp !== null) list.push(shown(port.floatingIp.address, "floating"));
  }
  return addresses;
}

export function serverLinks(exchange: Exchange, id: string) {
  return [
    { rel: "self", href: `${exchange.url}/v2.1/servers/${id}` },
    { rel: "bookmark", href: `${exchange.url}/servers/${id}` },
  ];
}

function imageOf(exchange: Exchange, id: string) {
  return { id, links: [{ rel: "bookmark", href: `${exchange.url}/images/${id}` }] };
}

function flavorOf(exchange: Exchange, id: string) {
  if (exchange.microversion < 47) {
    return { id, links: [{ rel: "bookmark", href: `${exchange.url}/flavors/${id}` }] };
  }
  const flavor = exchange.cloud.stock.flavors.find((one) => one.id === id)!;
  const { vcpus, ram, disk, name, extraSpecs } = flavor;
  return { vcpus, ram, disk, ephemeral: 0, swap: 0, original_name: name, extra_specs: extraSpecs };
}

function faultOf(server: SimulatedServer) {
  return { code: 500, created: isoSeconds(server.builtAt), message: server.fault };
}

/** Fields that a microversion added for members. */
function newerFields(server: SimulatedServer, microversion: number): Record<string, unknown> {
  if (microversion < 9) return {};
  return {
    locked: false,
    ...(microversion >= 73 ? { locked_reason: null } : {}),
    ...(microversion >= 19 ? { description: server.name } : {}),
    ...(microversion >= 26 ? { tags: [] } : {}),
    ...(microversion >= 63 ? { trusted_image_certificates: null } : {}),
    ...(microversion >= 90 ? { "OS-EXT-SRV-ATTR:hostname": hostnameOf(server) } : {}),
    ...(microversion >= 71 ? { server_groups: [] } : {}),
  };
}

/** The name as a host name: what the server calls itself. */
export function hostnameOf(server: SimulatedServer): string {
  return server.name.toLowerCase().replace(/[^a-z0-9.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
}

const hostIds = new Map<string, string>();

function hostId(cloud: CloudState, zone: string): string {
  const key = `${cloud.settings.name}/host/${zone}`;
  let id = hostIds.get(key);
  if (id === undefined) hostIds.set(key, id = nameId(key).replaceAll("-", "").padEnd(56, "0"));
  return id;
}
