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

type TooMany = Extract<Obstacle, { kind: "too-many" }>;

/**
 * Why there can never be that number of nodes at once; null: there can.
 * @param situation `seen`: left out, only the configuration counts; `nodes`: those that are ready are available in any
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
): TooMany | null {
  const most = mostNodes(label, config, seen);
  if (count <= most.total || count <= NodeIndex.of(nodes).label(label.name).ready.size) return null;
  return { kind: "too-many", count, ...most };
}

function mostNodes(
  label: LabelConfig,
  config: Config,
  seen: ReadonlyMap<string, Observation> = new Map(),
): Pick<TooMany, "total" | "sum" | "limit"> {
  const size = 1 + label.subnodes;
  const parts = config.providers.filter(({ name }) => label.providers.includes(name))
    .map((provider) => partOf(label, provider, seen.get(provider.name)));
  const total = parts.reduce((sum, { nodes }) => sum + nodes, 0);
  const cap = label.maxServers === null ? Infinity : Math.floor(label.maxServers / size);
  const sum = [
    ...(total <= cap ? [] : [`the label's max-servers ${label.maxServers}`]),
    parts.map(({ text }) => text).join(", ") || "no provider",
    ...(size === 1 ? [] : [`each node needs ${size} servers`]),
  ];
  const limits = parts.map(({ limit }) => limit);
  const limit = LIMITS.find((one) => limits.includes(one)) ?? "provider";
  return { total: Math.min(total, cap), sum: sum.join("; "), limit: total <= cap ? limit : "max-servers" };
}

/** Of several, the first: where it is a quota, the configuration alone would allow more. */
const LIMITS = ["quota", "max-servers", "image"] as const;

interface Part {
  readonly nodes: number;
  /** The limit that allows no more. */
  readonly limit: typeof LIMITS[number];
  /** Of the sum, for people. */
  readonly text: string;
}

/** The most that a provider gives. */
function partOf(label: LabelConfig, provider: ProviderConfig, seen: Observation | undefined): Part {
  const { name, maxServers } = provider;
  const image = provider.images.find((image) => image.name === label.image);
  if (image === undefined) return { nodes: 0, limit: "image", text: `${name} has no image ${label.image}` };
  if (maxServers < 0) return { nodes: 0, limit: "max-servers", text: `${name} is retired` };
  const flavor = chooseFlavor(image, seen?.catalog?.flavors ?? [], null);
  const floatingIps = planFloatingIps(provider, seen?.catalog?.networks ?? null).use === "yes" ? 1 : 0;
  const cost = flavor === null ? {} : costOf({ provider, flavor, floatingIps });
  const { servers, resource } = quotaFits(cost, seen?.quota ?? null);
  const nodes = Math.floor(Math.min(servers, maxServers) / (1 + label.subnodes));
  if (servers < maxServers) {
    const quota = `quota of ${seen?.quota?.[resource]?.limit} ${resourceNames[resource]}`;
    return { nodes, limit: "quota", text: `${name} ${nodes}: ${quota}` };
  }
  const why = nodes === 0 ? `: max-servers ${maxServers}` : "";
  return { nodes, limit: "max-servers", text: `${name} ${nodes}${why}` };
}
