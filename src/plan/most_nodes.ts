/**
 * How many nodes of a label there can ever be at once: what `max-servers` of its providers and its own allow and, where
 * they are known, the quotas. Whatever is used now does not count. A new request and `planGrants` ask.
 */
import type { Config, LabelConfig, ProviderConfig } from "../domain/config.ts";
import type { NodeRecord } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";
import type { Obstacle } from "../domain/obstacle.ts";
import { resourceNames } from "../domain/resource.ts";
import type { Observation } from "../domain/observation.ts";
import { chooseFlavor } from "./choose_flavor.ts";
import { planFloatingIps } from "./floating_ip_plan.ts";
import { costOf, quotaFits } from "./provider_room.ts";

/**
 * Why there can never be that number of nodes at once; null: there can.
 * @param situation `seen`: left out, only the configuration counts; `nodes`: those that are ready can be had in any
 * case
 */
export function whyTooMany(
  label: LabelConfig,
  count: number,
  { config, seen, nodes = [] }: {
    config: Config;
    seen?: ReadonlyMap<string, Observation>;
    nodes?: Iterable<NodeRecord>;
  },
): Extract<Obstacle, { kind: "too-many" }> | null {
  const most = mostNodes(label, config, seen);
  if (count <= most.total || count <= countReady(label, nodes)) return null;
  return { kind: "too-many", count, ...most };
}

interface MostNodes {
  readonly total: number;
  /** The sum, for people: `cloud-a 6, cloud-b 4`. */
  readonly sum: string;
  /** Whether the configuration alone would allow more. */
  readonly isByQuota: boolean;
}

function mostNodes(
  label: LabelConfig,
  config: Config,
  seen: ReadonlyMap<string, Observation> = new Map(),
): MostNodes {
  const providers = config.providers.filter(({ name }) => label.providers.includes(name));
  const size = 1 + label.subnodes;
  const parts = providers.map((provider) => {
    const { servers, quota } = serversOf(label, provider, seen.get(provider.name));
    return { name: provider.name, nodes: Math.floor(servers / size), quota };
  });
  const total = parts.reduce((sum, { nodes }) => sum + nodes, 0);
  const cap = label.maxServers === null ? Infinity : Math.floor(label.maxServers / size);
  const isByQuota = total <= cap && parts.some(({ quota }) => quota !== null);
  const sum = parts.map(({ name, nodes, quota }) => `${name} ${nodes}${quota === null ? "" : `: ${quota}`}`)
    .join(", ") || "no provider";
  return {
    total: Math.min(total, cap),
    sum: total <= cap ? sum : `the label's max-servers; ${sum}`,
    isByQuota,
  };
}

function countReady({ name }: LabelConfig, nodes: Iterable<NodeRecord>): number {
  return NodeIndex.of(nodes).label(name).ready.size;
}

interface MostServers {
  readonly servers: number;
  /** The quota that allows fewer than max-servers, for people; null: none does. */
  readonly quota: string | null;
}

function serversOf(
  label: LabelConfig,
  provider: ProviderConfig,
  seen: Observation | undefined,
): MostServers {
  const image = provider.images.find(({ name }) => name === label.image);
  if (image === undefined || provider.maxServers < 0) return { servers: 0, quota: null };
  const flavor = chooseFlavor(image, seen?.catalog?.flavors ?? [], null);
  const floatingIps = planFloatingIps(provider, seen?.catalog?.networks ?? null).use === "yes" ? 1 : 0;
  const cost = flavor === null ? {} : costOf({ provider, flavor, floatingIps });
  const { servers, resource } = quotaFits(cost, seen?.quota ?? null);
  if (servers >= provider.maxServers) return { servers: provider.maxServers, quota: null };
  return { servers, quota: `quota of ${seen?.quota?.[resource]?.limit} ${resourceNames[resource]}` };
}
