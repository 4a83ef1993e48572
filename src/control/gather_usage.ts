/** Reads how servers were used, of the living and of those that are gone; the operation `report` calls it. */
import { readHistory } from "../domain/history.ts";
import { type NodeUsage, nodeUsage } from "../domain/node_usage.ts";
import type { Instant } from "../domain/time.ts";
import type { StatePool } from "./operated_pool.ts";

interface GatheredUsage {
  readonly usages: readonly NodeUsage[];
  /** Nothing of the time since then is forgotten. */
  readonly completeSince: Instant;
}

/**
 * The living first: a node that ends meanwhile is then read twice, which sums notice by its id, instead of not at all.
 * @param options `since`: nodes that ended before are left out
 */
export async function gatherUsage(
  pool: Pick<StatePool, "ledger" | "report">,
  { since }: { since: Instant | undefined },
): Promise<GatheredUsage> {
  const { nodes, now, config, installation } = pool.report();
  const usages = nodes.map((node) => nodeUsage(node, now));
  const living = usages.length;
  let oldest = now;
  for await (const { node, endedAt } of readHistory(pool.ledger, { since })) {
    usages.push(nodeUsage(node, endedAt));
    oldest = endedAt;
  }
  const { history: age = null, historyNodes: most = Infinity } = config?.limits ?? {};
  const bounds = [
    installation.createdAt,
    ...(age === null ? [] : [now - age]),
    ...(usages.length - living < most ? [] : [oldest]),
  ];
  return { usages, completeSince: Math.max(...bounds) };
}
