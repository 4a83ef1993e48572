/**
 * Nodes that are ready as far as the state knows, and not handed out: since the start their provider has not been
 * listed, or another daemon works on the same state. Pure; `planPool` calls it.
 */
import type { NodeRecord } from "../domain/node.ts";
import type { Observation } from "../domain/observation.ts";
import { heldAsStale } from "../domain/stale_hold.ts";
import type { Instant } from "../domain/time.ts";

type Seen = ReadonlyMap<string, Observation>;

/** Why nothing of the provider is handed out; null: what the state says of its nodes has been found to be right. */
export function whyWithheld(provider: string, seen: Seen): string | null {
  const observation = seen.get(provider);
  if (observation === undefined || observation.inventory.completeAt === null) {
    return `${provider}: its ready nodes are handed out once its servers have been listed`;
  }
  return observation.frozen === null ? null : `${provider}: ${observation.frozen}`;
}

/** By label: why ready nodes of it are not handed out. */
export function withheldLabels(nodes: readonly NodeRecord[], seen: Seen): ReadonlyMap<string, string> {
  const reasons = new Map<string, Set<string>>();
  for (const { state, role, assignedAt, provider, label } of nodes) {
    if (state.phase !== "ready" || role !== "node" || assignedAt !== null) continue;
    const why = whyWithheld(provider, seen);
    if (why !== null) reasons.set(label, (reasons.get(label) ?? new Set()).add(why));
  }
  return new Map([...reasons].map(([label, all]) => [label, [...all].join("; ")]));
}

/** The nodes as launching is to count them: what stands still on a frozen provider serves nobody. */
export function withoutFrozen(
  nodes: readonly NodeRecord[],
  { seen, now }: { seen: Seen; now: Instant },
): readonly NodeRecord[] {
  const frozen = new Set([...seen].filter(([, each]) => each.frozen !== null).map(([name]) => name));
  if (frozen.size === 0) return nodes;
  return nodes.map((node) =>
    frozen.has(node.provider) ? heldAsStale(node, { reason: "frozen", now, spared: ["used"] }) : node
  );
}
