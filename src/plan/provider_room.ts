/**
 * The room that a provider has left: its max-servers and the cloud's quotas, less the requests since they were read.
 */
import type { Config, ProviderConfig } from "../domain/config.ts";
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

const QUOTA_RESOURCES: readonly QuotaResource[] = ["instances", "cores", "ramMib", "floatingIps", "ports"];

interface Situation {
  /** All of the pool. */
  readonly nodes: Iterable<NodeRecord>;
  readonly seen: Observation | undefined;
}

/**
 * Room for nodes. Servers that are there for images do not count against max-servers, but against the quotas.
 * @param options `reserved`: the cost of servers that images wait for; `promised`: the cost of servers of groups that have
 *   no record yet
 */
export function roomOf(
  provider: ProviderConfig,
  { nodes, seen, reserved = [], promised = [] }: Situation & {
    reserved?: readonly ServerCost[] | undefined;
    promised?: readonly ServerCost[] | undefined;
  },
): ProviderRoom {
  const { pooled } = NodeIndex.of(nodes).provider(provider.name);
  const maxServers = { limit: Math.max(0, provider.maxServers), used: pooled + promised.length };
  const quotas = quotaRoom(provider, { nodes, seen, promised: [...reserved, ...promised] });
  return { name: provider.name, room: { maxServers, ...quotas } };
}

type Costs = ReadonlyMap<string, readonly ServerCost[]>;

/** The same of all providers; what is given of each is by its name. */
export function roomsOf({ config, nodes, seen, reserved, promised }: Pick<Situation, "nodes"> & {
  config: Pick<Config, "providers">;
  seen: ReadonlyMap<string, Observation>;
  reserved: Costs;
  promised?: Costs;
}): ProviderRoom[] {
  return config.providers.map((provider) => {
    const { name } = provider;
    const own = { seen: seen.get(name), reserved: reserved.get(name), promised: promised?.get(name) };
    return roomOf(provider, { nodes, ...own });
  });
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
  const pool = NodeIndex.of(nodes).provider(provider.name);
  const since = [...pool.bySending].map(([flavorId, own]) => ({
    flavor: seen.catalog.flavors?.find(({ id }) => id === flavorId),
    count: own.countAbove(quota.takenAt - QUOTA_LAG),
  }));
  const sent = since.reduce((total, { count }) => total + count, 0);
  const sum = (amount: "vcpus" | "ramMib") =>
    since.reduce((total, { flavor, count }) => total + count * (flavor?.[amount] ?? 0), 0);
  const sumOf = (resource: keyof ServerCost) =>
    promised.reduce((total, cost) => total + (cost[resource] ?? 0), 0);
  const more: Readonly<Record<QuotaResource, number>> = {
    instances: sent + promised.length,
    cores: sum("vcpus") + sumOf("cores"),
    ramMib: sum("ramMib") + sumOf("ramMib"),
    // A node gets its floating IP only once its server is ACTIVE.
    floatingIps: pool.byAddress.countAbove(quota.takenAt) + sumOf("floatingIps"),
    ports: sent * portsOf(provider) + sumOf("ports"),
  };
  return usesOf(quota, (resource, used) => used + more[resource]);
}

/** The quotas with only what others than the pool's nodes use, so that every node counts whenever it came. */
export function quotaOfOthers(provider: ProviderConfig, { nodes, seen }: Situation): Quota | null {
  const quota = seen?.quota ?? null;
  if (seen === undefined || quota === null) return null;
  const without = (used: (resource: QuotaResource) => number): Quota => ({
    ...quota,
    takenAt: -Infinity,
    ...usesOf(quota, used),
  });
  const all = quotaRoom(provider, { nodes, seen, promised: [] });
  const own = quotaRoom(provider, { nodes, seen: { ...seen, quota: without(() => 0) }, promised: [] });
  return without((resource) => Math.max(0, (all[resource]?.used ?? 0) - (own[resource]?.used ?? 0)));
}

/** With how much of each is used; a limit that the cloud does not report is left out: Nova and Neutron heed it all the same. */
function usesOf(quota: Quota, usedOf: (resource: QuotaResource, used: number) => number) {
  const told = QUOTA_RESOURCES.flatMap((resource) => {
    const use = quota[resource];
    return use === null ? [] : [[resource, { limit: use.limit, used: usedOf(resource, use.used) }] as const];
  });
  return Object.fromEntries(told) as Partial<Record<QuotaResource, QuotaUse>>;
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
