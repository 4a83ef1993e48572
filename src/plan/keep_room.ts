/**
 * Room kept for the label that was given least and fits nowhere, since its nodes take more than what becomes free at a
 * time: where others would take that, nothing is launched for them until one of its nodes fits, or its turn has passed. On
 * one provider only. Pure; `planLaunches` calls it.
 */
import { owedNodes, rivalries } from "./allocation_debts.ts";
import { planAllocation } from "./allocation.ts";
import type { AllocationInput, AllocationResult, LabelAsk, Offer, ProviderRoom } from "./allocation_types.ts";
import type { Turn, Turns } from "./turns.ts";
import { earliest, type Instant, MINUTE } from "../domain/time.ts";

/** So long room is kept, and so long others may have it in between. */
const KEPT_FOR = 10 * MINUTE;

interface KeptAllocation extends AllocationResult {
  /** Labels that room is kept for. */
  readonly keeping: ReadonlySet<string>;
}

/** Distributes launches; where a label cannot have its turn, once more without the room that it needs. */
export function planWithTurns(
  { labels, providers }: AllocationInput,
  { turns, now, lasting }: {
    turns: Turns;
    now: Instant;
    /** A provider with only that in use which nobody knows an end of; left out: all comes to an end. */
    lasting?: (provider: string) => ProviderRoom | null;
  },
): KeptAllocation {
  const result = planAllocation({ labels, providers });
  const waiting = placesToKeep(labels, { providers, result, lasting });
  const kept = new Map(waiting.filter(([, name]) => mayKeep(turns.get(name), now)));
  if (kept.size === 0) return { ...result, keeping: new Set() };
  const others = labels.map((label) => ({
    ...label,
    offers: label.offers.map(unlessKept(label.name, kept, "share")),
  }));
  return { ...planAllocation({ labels: others, providers }), keeping: new Set(kept.values()) };
}

/** By provider: the label that its room is kept for. */
function placesToKeep(
  labels: readonly LabelAsk[],
  { providers, result, lasting = () => null }: {
    providers: readonly ProviderRoom[];
    result: AllocationResult;
    lasting?: ((provider: string) => ProviderRoom | null) | undefined;
  },
): [string, string][] {
  const contested = new Set(result.grants.map(({ provider }) => provider));
  const owed = owedNodes(labels);
  return rivalries(labels).flatMap((rivals): [string, string][] => {
    const next = rivals.reduce((least, at) => labels[at]!.served < labels[least]!.served ? at : least);
    const label = labels[next]!;
    const places = label.offers.flatMap((offer) => placeFor(label, offer, providers) ?? []);
    if (owed[next]! < 1 || places.some(({ part }) => part >= 1)) return [];
    const [place] = places.filter(({ provider }) =>
      contested.has(provider) && canFit(label, lasting(provider))
    )
      .sort((a, b) => b.part - a.part);
    return place === undefined ? [] : [[place.provider, label.name]];
  });
}

/** Whether a node of it fits there; where that is not known, it does. */
function canFit(label: LabelAsk, room: ProviderRoom | null): boolean {
  return room === null || label.offers.some((offer) => (placeFor(label, offer, [room])?.part ?? 0) >= 1);
}

/** How large a part of what a node takes is free there; null: even with nothing in use it would not fit. */
function placeFor({ size }: LabelAsk, offer: Offer, providers: readonly ProviderRoom[]) {
  const room = providers.find(({ name }) => name === offer.provider)?.room;
  if (room === undefined || !("cost" in offer)) return null;
  const needs = Object.entries({ ...offer.cost, maxServers: 1, instances: 1 });
  let part = 1;
  for (const [resource, amount] of needs) {
    const use = room[resource as keyof typeof room];
    if (use === undefined || amount === 0) continue;
    if (use.limit < size * amount) return null;
    part = Math.min(part, (use.limit - use.used) / (size * amount));
  }
  return { provider: offer.provider, part };
}

/** @param kept by provider: the label that its room is kept for */
export function unlessKept(
  label: string,
  kept: ReadonlyMap<string, string>,
  because: "share" | "ceded",
): (offer: Offer) => Offer {
  return (offer) => {
    const owner = kept.get(offer.provider);
    if (owner === undefined || owner === label || "refusal" in offer) return offer;
    return { provider: offer.provider, refusal: { kind: "reserved-room", label: owner, because } };
  };
}

/** How turns stand with what is kept. */
export function turnsWithKeeping(turns: Turns, keeping: ReadonlySet<string>, now: Instant): Turns {
  return new Map(
    [...turns].map(([name, turn]) =>
      keeping.has(name) ? [name, { ...turn, keepingSince: turn.keepingSince ?? now }] : [name, turn]
    ),
  );
}

function mayKeep(turn: Turn | undefined, now: Instant): boolean {
  const since = turn?.keepingSince ?? now;
  return Math.floor((now - since) / KEPT_FOR) % 2 === 0;
}

/** When a label stops or begins again to have room kept for it; null: none has. */
export function endOfKeeping(turns: Turns, now: Instant): Instant | null {
  return earliest(
    [...turns.values()].map(({ keepingSince: since }) =>
      since === null ? null : since + KEPT_FOR * (Math.floor((now - since) / KEPT_FOR) + 1)
    ),
  );
}
