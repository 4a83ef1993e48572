/** Says why a label did not get all that it asked for: the label's own cap, and what each provider lacks. */
import { seeManual } from "../domain/see_manual.ts";
import { type Placement, RESOURCES } from "./allocation_placement.ts";
import type { LabelAsk, Offer, ProviderRoom, RefusalReason, Resource } from "./allocation_types.ts";

interface Outcome {
  readonly labels: readonly LabelAsk[];
  readonly providers: readonly ProviderRoom[];
  readonly placement: Placement;
}

/** The reasons for the label at that position, the label's own first, then by provider in the label's order. */
export function reasonsOf(position: number, outcome: Outcome): RefusalReason[] {
  const label = outcome.labels[position]!;
  const reasons = [...capReason(label, outcome.placement.total(position))];
  if (label.offers.length === 0) reasons.push({ provider: null, reason: "no provider offers it" });
  for (const offer of label.offers) {
    const reason = offerReason(offer, position, outcome);
    if (reason !== null) reasons.push({ provider: offer.provider, reason });
  }
  return reasons;
}

function capReason({ cap, size }: LabelAsk, granted: number): RefusalReason[] {
  if (cap === null) return [];
  const used = cap.used + granted * size;
  if (used + size <= cap.limit) return [];
  return [{ provider: null, reason: `the label's ${useText("max-servers", { ...cap, used, need: size })}` }];
}

function offerReason(offer: Offer, position: number, outcome: Outcome): string | null {
  if ("refusal" in offer) return offer.refusal;
  const at = outcome.providers.findIndex(({ name }) => name === offer.provider);
  return at < 0 ? "no such provider" : fullReason(position, { ...outcome, at });
}

/** The resource of the provider that is used up, counting the nodes just granted; null where one more node fits. */
function fullReason(
  position: number,
  { at, providers, placement }: Outcome & { at: number },
): string | null {
  const need = placement.needs(position, at)!;
  const short = RESOURCES.flatMap((resource, index) => {
    const use = providers[at]!.room[resource];
    if (use === undefined || use.limit === Infinity || need[index] === 0) return [];
    const used = use.used + placement.taken(at, index);
    return used + need[index]! <= use.limit ? [] : [{ resource, limit: use.limit, used, need: need[index]! }];
  });
  const servers = short.filter(({ resource }) => resource === "maxServers")
    .map((use) => useText("max-servers", use));
  const quotas = short.filter(({ resource }) => resource !== "maxServers")
    .map((use) => useText(QUOTA_NAMES[use.resource], use));
  const texts = [
    ...servers,
    ...(quotas.length === 0 ? [] : [`quota full: ${quotas.join(", ")} (${seeManual("quota")})`]),
  ];
  return texts.length === 0 ? null : texts.join("; ");
}

const QUOTA_NAMES: Readonly<Record<Resource, string>> = {
  maxServers: "max-servers",
  instances: "instances",
  cores: "cores",
  ramMib: "RAM MiB",
  floatingIps: "floating IPs",
  ports: "ports",
};

/** `cores 40/40`, or `cores 38/40, 4 needed` where some is left but not enough. */
function useText(what: string, { used, limit, need }: { used: number; limit: number; need: number }): string {
  return `${what} ${used}/${limit}${used < limit ? ` (${need} needed)` : ""}`;
}
