/** Says why a label did not get all that it asked for: the label's own cap, and what each provider lacks. */
import type { Obstacle, Refusal, ResourceUse } from "../domain/obstacle.ts";
import { type Placement, RESOURCES } from "./allocation_placement.ts";
import type { AllocationInput, LabelAsk, Offer } from "./allocation_types.ts";

interface Outcome extends Pick<AllocationInput, "labels" | "providers" | "awaited"> {
  readonly placement: Placement;
}

/** The reasons for the label at that position, the label's own first, then by provider in the label's order. */
export function reasonsOf(position: number, outcome: Outcome): Refusal[] {
  const label = outcome.labels[position]!;
  const own = [
    ...capReason(label, outcome.placement.total(position)),
    ...(label.offers.length === 0 ? [{ kind: "no-provider" } as const] : []),
  ];
  return [
    ...own.map((obstacle) => ({ provider: null, obstacle })),
    ...label.offers.flatMap((offer) =>
      offerReasons(offer, position, outcome).map((obstacle) => ({ provider: offer.provider, obstacle }))
    ),
  ];
}

function capReason({ cap, size }: LabelAsk, granted: number): Obstacle[] {
  if (cap === null) return [];
  const used = cap.used + granted * size;
  if (used + size <= cap.limit) return [];
  return [{ kind: "label-max-servers", resource: "maxServers", limit: cap.limit, used, need: size }];
}

function offerReasons(offer: Offer, position: number, outcome: Outcome): Obstacle[] {
  if ("refusal" in offer) return [offer.refusal];
  const at = outcome.providers.findIndex(({ name }) => name === offer.provider);
  if (at < 0) return [{ kind: "provider-not-configured" }];
  const full = fullReasons(position, { ...outcome, at });
  if (offer.alone !== undefined && outcome.placement.isDone(position, at)) return [offer.alone, ...full];
  const awaiting = outcome.awaited?.get(offer.provider);
  if (full.length > 0 || awaiting === undefined) return full;
  return [{ kind: "reserved-room", label: awaiting, because: "work" }];
}

/** The resources of the provider that are used up, counting the nodes just granted; none where one more node fits. */
function fullReasons(position: number, { at, providers, placement }: Outcome & { at: number }): Obstacle[] {
  const need = placement.needs(position, at)!;
  const short = RESOURCES.flatMap((resource, index): ResourceUse[] => {
    const use = providers[at]!.room[resource];
    if (use === undefined || use.limit === Infinity || need[index] === 0) return [];
    const used = use.used + placement.taken(at, index);
    return used + need[index]! <= use.limit ? [] : [{ resource, limit: use.limit, used, need: need[index]! }];
  });
  const servers = short.filter(({ resource }) => resource === "maxServers");
  const uses = short.filter(({ resource }) => resource !== "maxServers");
  return [
    ...servers.map((use) => ({ kind: "max-servers", ...use }) as const),
    ...(uses.length === 0 ? [] : [{ kind: "quota", uses } as const]),
  ];
}
