/**
 * The room that a provider has left: its max-servers and the cloud's quotas, less the requests since they were read.
 */
import type { ProviderConfig } from "../domain/config.ts";
import { type NodeRecord, stateName } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { Observation } from "../domain/observation.ts";
import type { Quota, QuotaUse } from "../domain/server.ts";
import { SECOND } from "../domain/time.ts";
import type { ProviderRoom, ServerCost } from "./allocation_types.ts";
import type { LaunchOffer } from "./offers.ts";

/** Nova counts a server as used a little after it has accepted it. */
const QUOTA_LAG = 5 * SECOND;

/** The use of resources by one server. */
export function costOf(
  { provider, flavor, floatingIps }: Pick<LaunchOffer, "provider" | "flavor" | "floatingIps">,
): ServerCost {
  return {
    cores: flavor.vcpus,
    ramMib: flavor.ramMib,
    floatingIps,
    ports: portsOf(provider),
  };
}

type QuotaResource = keyof Omit<Quota, "takenAt" | "untold">;

interface Situation {
  /** All of the pool. */
  readonly nodes: Iterable<NodeRecord>;
  readonly seen: Observation | undefined;
}

/**
 * Room for nodes. Servers that are there for images do not count against max-servers, but against the quotas.
 * @param options `reserved`: what servers cost that images wait for; `promised`: what servers of groups cost that have
 *   no record yet
 */
export function roomOf(
  provider: ProviderConfig,
  { nodes, seen, reserved = [], promised = [] }: Situation & {
    reserved?: readonly ServerCost[];
    promised?: readonly ServerCost[];
  },
): ProviderRoom {
  const { pooled } = NodeIndex.of(nodes).provider(provider.name);
  const maxServers = { limit: Math.max(0, provider.maxServers), used: pooled + promised.length };
  const quotas = quotaRoom(provider, { nodes, seen, promised: [...reserved, ...promised] });
  return { name: provider.name, room: { maxServers, ...quotas } };
}

/** Room for a server that is there for an image: a full provider still makes its images, where the quotas let it. */
export function roomForImages(provider: ProviderConfig, situation: Situation): ProviderRoom {
  return { name: provider.name, room: quotaRoom(provider, { ...situation, promised: [] }) };
}

function quotaRoom(
  provider: ProviderConfig,
  { nodes, seen, promised }: Situation & { promised: readonly ServerCost[] },
): ProviderRoom["room"] {
  const quota = seen?.quota ?? null;
  if (seen === undefined || quota === null) return {};
  const { bySending, byAddress } = NodeIndex.of(nodes).provider(provider.name);
  const since = [...bySending].map(([flavorId, own]) => ({
    flavor: seen.catalog.flavors?.find(({ id }) => id === flavorId),
    count: own.countAbove(quota.takenAt - QUOTA_LAG),
  }));
  const sent = since.reduce((total, { count }) => total + count, 0);
  // A node gets its floating IP only once its server is ACTIVE.
  const addressing = byAddress.countAbove(quota.takenAt);
  const sum = (amount: "vcpus" | "ramMib") =>
    since.reduce((total, { flavor, count }) => total + count * (flavor?.[amount] ?? 0), 0);
  const sumOf = (resource: keyof ServerCost) =>
    promised.reduce((total, cost) => total + (cost[resource] ?? 0), 0);
  const ports = sent * portsOf(provider) + sumOf("ports");
  return {
    ...told("instances", quota.instances, sent + promised.length),
    ...told("cores", quota.cores, sum("vcpus") + sumOf("cores")),
    ...told("ramMib", quota.ramMib, sum("ramMib") + sumOf("ramMib")),
    ...told("floatingIps", quota.floatingIps, addressing + sumOf("floatingIps")),
    ...told("ports", quota.ports, ports),
  };
}

/** The quotas with only what others than the pool's nodes use, so that every node counts whenever it came. */
export function quotaOfOthers(provider: ProviderConfig, { nodes, seen }: Situation): Quota | null {
  const quota = seen?.quota ?? null;
  if (seen === undefined || quota === null) return null;
  const without = (used: (resource: QuotaResource) => number): Quota => {
    const use = (resource: QuotaResource) =>
      quota[resource] && { limit: quota[resource].limit, used: used(resource) };
    return {
      ...quota,
      takenAt: -Infinity,
      instances: use("instances"),
      cores: use("cores"),
      ramMib: use("ramMib"),
      floatingIps: use("floatingIps"),
      ports: use("ports"),
    };
  };
  const all = quotaRoom(provider, { nodes, seen, promised: [] });
  const own = quotaRoom(provider, { nodes, seen: { ...seen, quota: without(() => 0) }, promised: [] });
  return without((resource) => Math.max(0, (all[resource]?.used ?? 0) - (own[resource]?.used ?? 0)));
}

/** With only what others use and what is held: nobody knows when that ends. */
export function lastingRoom(provider: ProviderConfig, { nodes, seen }: Situation): ProviderRoom {
  const index = NodeIndex.of(nodes);
  const isHeld = (node: NodeRecord) => stateName(index.nodeOf(node) ?? node) === "hold";
  return roomOf(provider, {
    nodes: index.provider(provider.name).all.values().filter(isHeld),
    seen: seen && { ...seen, quota: quotaOfOthers(provider, { nodes, seen }) },
  });
}

/** How many servers of that cost the quotas allow, were nothing used; and the quota that allows the fewest. */
export function quotaFits(cost: ServerCost, quota: Quota | null) {
  const needs = { ...cost, instances: 1 };
  const fits = (Object.keys(needs) as (keyof typeof needs)[]).map((resource) => ({
    resource,
    servers: Math.floor((quota?.[resource]?.limit ?? Infinity) / (needs[resource] ?? 0)),
  }));
  return fits.reduce((least, one) => one.servers < least.servers ? one : least);
}

/** A server has a port on each network; without networks named, the cloud makes one. */
function portsOf({ networks }: ProviderConfig): number {
  return Math.max(1, networks.length);
}

/** A limit that the cloud does not report does not count here: Nova and Neutron heed it all the same. */
function told(
  resource: QuotaResource,
  use: QuotaUse | null,
  more: number,
): ProviderRoom["room"] {
  return use === null ? {} : { [resource]: { limit: use.limit, used: use.used + more } };
}
