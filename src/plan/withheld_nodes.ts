/**
 * Nodes that are ready as far as the state knows, and not handed out: since the start their provider has not been
 * listed, or another daemon works on the same state. Pure; `planPool` calls it.
 */
import type { NodeIndex } from "../domain/node_index.ts";
import type { Obstacle, Refusal } from "../domain/obstacle.ts";
import type { Observation } from "../domain/observation.ts";
import { heldAsStale } from "../domain/stale_hold.ts";
import type { Instant } from "../domain/time.ts";

type Seen = ReadonlyMap<string, Observation>;

/** Why nothing of the provider is handed out; null: what the state says of its nodes has been found to be right. */
export function whyWithheld(provider: string, seen: Seen): Obstacle | null {
  const observation = seen.get(provider);
  if (observation === undefined || observation.inventory.completeAt === null) {
    return { kind: "withheld" };
  }
  return observation.frozen === null ? null : { kind: "frozen", message: observation.frozen };
}

/** By label: why ready nodes of it are not handed out. */
export function withheldLabels({ labels }: NodeIndex, seen: Seen): ReadonlyMap<string, readonly Refusal[]> {
  return new Map(
    [...labels].flatMap(([label, { freeByProvider }]): [string, Refusal[]][] => {
      const refusals = [...freeByProvider.keys()].sort().flatMap((provider) => {
        const obstacle = whyWithheld(provider, seen);
        return obstacle === null ? [] : [{ provider, obstacle }];
      });
      return refusals.length === 0 ? [] : [[label, refusals]];
    }),
  );
}

/** Has the nodes counted as launching is to count them: what stands still on a frozen provider serves nobody. */
export function withoutFrozen(index: NodeIndex, { seen, now }: { seen: Seen; now: Instant }): Disposable {
  const frozen = [...seen].filter(([, each]) => each.frozen !== null);
  return index.assume(frozen.flatMap(([name]) =>
    [...index.provider(name).all.values()].map((node) => ({
      id: node.id,
      next: heldAsStale(node, { reason: "frozen", now, spared: ["used"] }),
    }))
  ));
}
