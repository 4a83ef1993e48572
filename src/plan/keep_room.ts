/**
 * Room kept for the label that was given least and fits nowhere, since its nodes take more than what becomes free at a
 * time: where others would take that, nothing is launched for them until one of its nodes fits, or its turn has passed. On
 * one provider only. Pure; `planLaunches` calls it.
 */
import { capInNodes, couldFit, freePart, isTried, owedNodes, rivalries } from "./allocation_debts.ts";
import { planAllocation } from "./allocation.ts";
import type { AllocationInput, AllocationResult, LabelAsk, Offer } from "./allocation_types.ts";
import type { Turn, Turns } from "./turns.ts";
import { earliest, type Instant, MINUTE } from "../domain/time.ts";

/** So long room is kept, and so long others may have it in between. */
const KEPT_FOR = 10 * MINUTE;

interface KeptAllocation extends AllocationResult {
  /** Labels whose turn it is. */
  readonly turn: ReadonlySet<string>;
  /** Labels that room is kept for. */
  readonly keeping: ReadonlySet<string>;
}

/**
 * Distributes launches; where a label cannot have its turn, once more without the room that it needs. Spare nodes never have
 * room that work waits for.
 */
export function planWithTurns(
  input: AllocationInput,
  { turns, now }: { turns: Turns; now: Instant },
): KeptAllocation {
  const { labels } = input;
  const result = planAllocation(input);
  const turn = labelsWithTurn(labels, { turns, now });
  const kept = new Map(placesToKeep(input, { ...result, turn }));
  const awaited = awaitedPlaces(input, result);
  if (kept.size === 0 && awaited.size === 0) return { ...result, turn, keeping: new Set() };
  const others = labels.map((label) => ({
    ...label,
    offers: label.offers.map(unlessKept(label.name, kept, "share")),
  }));
  return { ...planAllocation({ ...input, labels: others, awaited }), turn, keeping: new Set(kept.values()) };
}

/** By provider that would be given spare nodes: a label that fits nowhere now and could have its room once that is enough. */
function awaitedPlaces(
  { labels, providers, lasting = () => null }: AllocationInput,
  { grants, refusals }: AllocationResult,
): ReadonlyMap<string, string> {
  const short = refusals.flatMap((refusal) => {
    const label = labels.find(({ name }) => name === refusal.label)!;
    return capInNodes(label) > label.demand - refusal.demand && refusal.demand > 0 ? label : [];
  });
  const spare = new Set(grants.flatMap(({ purpose, provider }) => purpose === "spare" ? provider : []));
  return new Map(
    providers.filter(({ name }) => spare.has(name)).flatMap((provider): [string, string][] => {
      const { name } = provider;
      const label = short.find((one) =>
        !isTried(one, name, grants) && couldFit(one, provider, lasting(name))
      );
      return label === undefined ? [] : [[name, label.name]];
    }),
  );
}

/** By provider: the label that its room is kept for. */
function placesToKeep(
  { labels, providers, lasting = () => null }: AllocationInput,
  { grants, turn }: Pick<AllocationResult, "grants"> & { turn: ReadonlySet<string> },
): [string, string][] {
  const contested = new Set(grants.map(({ provider }) => provider));
  const owed = owedNodes(labels);
  return labels.flatMap((label, at): [string, string][] => {
    const places = providers.map((room) => ({ room, part: freePart(label, room) ?? 0 }));
    if (!turn.has(label.name) || owed[at]! < 1 || places.some(({ part }) => part >= 1)) return [];
    const [place] = places.filter(({ room }) =>
      contested.has(room.name) && couldFit(label, room, lasting(room.name))
    ).sort((a, b) => b.part - a.part);
    return place === undefined ? [] : [[place.room.name, label.name]];
  });
}

/** Of each that compete, the one that was given least, where others were given more; without those that have their break. */
function labelsWithTurn(
  labels: readonly LabelAsk[],
  { turns, now }: { turns: Turns; now: Instant },
): ReadonlySet<string> {
  const names = rivalries(labels).flatMap((rivals) => {
    const [next, ...others] = rivals.map((at) => labels[at]!).sort((a, b) => a.served - b.served);
    return others.some(({ served }) => served > next!.served) ? next!.name : [];
  });
  return new Set(names.filter((name) => mayKeep(turns.get(name), now)));
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

function mayKeep(turn: Turn | undefined, now: Instant): boolean {
  const since = turn?.keepingSince ?? now;
  return Math.floor((now - since) / KEPT_FOR) % 2 === 0;
}

/** When a label stops or begins again to have room kept for it, or gets back what it has ceded to nobody's use; null: none. */
export function endOfTurns(turns: Turns, now: Instant): Instant | null {
  return earliest([...turns.values()].flatMap(({ keepingSince: since, ceded }) => [
    since === null ? null : since + KEPT_FOR * (Math.floor((now - since) / KEPT_FOR) + 1),
    ...ceded.map(({ until }) => until),
  ]));
}
