/** A provider that is retired (max-servers -1): nothing new is made there, and its nodes go as they are used. Pure. */
import type { PoolReport } from "./pool_report.ts";

export interface Retirement {
  /** Nodes that are left. */
  readonly nodes: number;
  /** How many there were when it was retired; null: it was before this daemon's start, or no daemon runs. */
  readonly nodesBefore: number | null;
  /** Ids of images that are left: they stay until somebody deletes them. */
  readonly images: readonly number[];
  /** Servers of the pool in the last listing; null: not listed. */
  readonly servers: number | null;
}

/** null: it is not retired. */
export function retirementOf(
  provider: string,
  { config, nodes, images, providers }: Pick<PoolReport, "config" | "nodes" | "images" | "providers">,
): Retirement | null {
  const maxServers = config?.providers.find(({ name }) => name === provider)?.maxServers ?? null;
  if (maxServers === null || maxServers >= 0) return null;
  const seen = providers.find(({ name }) => name === provider);
  return {
    nodes: nodes.filter((node) => node.provider === provider).length,
    nodesBefore: seen?.nodesBeforeRetirement ?? null,
    images: images.filter((image) => image.provider === provider && image.state.phase !== "gone")
      .map(({ id }) => id),
    servers: seen?.servers ?? null,
  };
}

/** Whether nothing of the pool is left there. */
export function isVacated({ nodes, images, servers }: Retirement): boolean {
  return nodes === 0 && images.length === 0 && (servers ?? 0) === 0;
}

/** How far it is, as part of a sentence. */
export function describeRetirement(retirement: Retirement): string {
  const { nodes, nodesBefore, images, servers } = retirement;
  if (nodes > 0) {
    const of = nodesBefore === null ? "" : ` of ${Math.max(nodes, nodesBefore)}`;
    return `${nodes}${of} ${nodes === 1 && of === "" ? "node" : "nodes"} left`;
  }
  if (images.length > 0) return `no nodes left; delete its images: nodepool image-delete ${images.join(" ")}`;
  if (isVacated(retirement)) return "can be removed now";
  return `no nodes left, but ${servers} ${servers === 1 ? "server" : "servers"}`;
}
