/**
 * Nodes that are ready as far as the state knows, and not handed out: since the start their provider has not been
 * listed, another daemon works on the same state, or the provider is no longer configured. Pure; `planPool` calls it.
 */
import type { NodeRecord } from "../domain/node.ts";
import type { NodeIndex } from "../domain/node_index.ts";
import type { Obstacle, Refusal } from "../domain/obstacle.ts";
import type { NodeRequest } from "../domain/request.ts";
import { heldAsStale } from "../domain/stale_hold.ts";
import { MINUTE } from "../domain/time.ts";
import { whyNotActive } from "./node_step.ts";
import type { PoolInput } from "./pool_plan.ts";

type Seen = PoolInput["seen"];

interface Situation extends Pick<PoolInput, "seen" | "now"> {
  /** Those that are configured. */
  readonly providers: ReadonlyMap<string, unknown>;
}

/** So long a provider may fail to be listed after the start before what is wanted is launched elsewhere. */
const PATIENCE = MINUTE;

/** Why nothing of the provider is handed out; null: what the state says of its nodes has been found to be right. */
export function whyWithheld(provider: string, seen: Seen): Obstacle | null {
  const observation = seen.get(provider);
  if (observation === undefined || observation.inventory.completeAt === null) {
    return { kind: "withheld" };
  }
  return observation.frozen === null ? null : { kind: "frozen", message: observation.frozen };
}

/** By label: why ready nodes of it are not handed out yet; those that stand still are waited for by nobody. */
export function withheldLabels(
  { labels }: NodeIndex,
  situation: Situation,
): ReadonlyMap<string, readonly Refusal[]> {
  return new Map(
    [...labels].flatMap(([label, { freeByProvider }]): [string, Refusal[]][] => {
      const refusals = [...freeByProvider.keys()].sort().flatMap((provider) => {
        const obstacle = standsStill(provider, situation) ? null : whyWithheld(provider, situation.seen);
        return obstacle === null ? [] : [{ provider, obstacle }];
      });
      return refusals.length === 0 ? [] : [[label, refusals]];
    }),
  );
}

/** Whether the server of a ready node, and of each subnode, can be worked with now as far as is known. */
export function isUp({ id, provider, state }: NodeRecord, index: NodeIndex, seen: Seen): boolean {
  const observation = seen.get(provider);
  const isActive = ({ state }: Pick<NodeRecord, "state">) =>
    observation === undefined || state.phase !== "ready" ||
    whyNotActive(observation, state.serverId) === null;
  return isActive({ state }) && index.subnodesOf(id).every(isActive);
}

/**
 * Has the nodes counted as launching is to count them: what stands still serves nobody, and what is ready serves no request
 * while its server is not ACTIVE.
 */
export function withoutStill(
  index: NodeIndex,
  { requests, ...situation }: Situation & { requests: readonly NodeRequest[] },
): Disposable {
  const still = [...index.providers.keys()].filter((name) => standsStill(name, situation));
  const labels = new Set(requests.map(({ label }) => label));
  const nodes = new Set([
    ...still.flatMap((name) => [...index.provider(name).all.values()]),
    ...[...labels].flatMap((name) =>
      [...index.label(name).ready].filter((node) =>
        node.assignedAt === null && !isUp(node, index, situation.seen)
      )
    ),
  ]);
  return index.assume([...nodes].map((node) => ({
    id: node.id,
    next: heldAsStale(node, { reason: "stands still", now: situation.now, spared: ["used"] }),
  })));
}

/** Whether nobody knows when its nodes will be handed out: it is not configured, frozen, or down since the start. */
function standsStill(provider: string, { providers, seen, now }: Situation): boolean {
  if (!providers.has(provider)) return true;
  const observation = seen.get(provider);
  if (observation === undefined || whyWithheld(provider, seen) === null) return false;
  const { frozen, failure } = observation;
  return frozen !== null || (failure !== null && now >= failure.since + PATIENCE);
}
