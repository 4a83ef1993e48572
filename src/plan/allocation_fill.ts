/**
 * Who gets how much: fills a placement with what labels ask for. Labels with fewer possible providers come first.
 * Equals share: each node goes to the label that has been given the smallest part of what it asked for, now and
 * before. Nodes are not counted out one by one: all equals are raised together to the highest part they can have,
 * found by bisection, and only the last few are handed out singly.
 */
import type { Placement } from "./allocation_placement.ts";

export interface Claim {
  readonly label: number;
  /** Nodes that it should have in the end. */
  readonly asked: number;
  /** Nodes that make the whole; null: what it asks for beyond those that it has been given. */
  readonly weight: number | null;
  /** The part of the whole that it was given before. */
  readonly served: number;
  /** How many nodes of it meet one request, two and so on; left out: each node is one. */
  readonly steps?: readonly number[] | undefined;
}

/** Places as much of the claims as can be placed. Afterwards no label that asked for more can get a node more. */
export function fillByChoices(placement: Placement, claims: readonly Claim[]): void {
  const groups = Map.groupBy(inOrder(placement, claims), ({ label }) => placement.choices(label));
  for (const equals of groups.values()) fill(placement, equals);
}

/** The same where all are equals. */
export function fill(placement: Placement, claims: readonly Claim[]): void {
  share(placement, claims.map((claim) => new Share(placement, claim)));
}

/** The claims in the order in which they are served. */
export function inOrder(placement: Placement, claims: readonly Claim[]): Claim[] {
  return [...claims].sort((a, b) =>
    placement.choices(a.label) - placement.choices(b.label) || a.served - b.served || a.label - b.label
  );
}

/** The rest of a claim, seen as parts of its whole: from the part that it has to the one that it should have. */
class Share {
  readonly #before: number;
  readonly #wanted: number;
  readonly #weight: number;
  /** Nodes that are of use together, one such lot, two and so on; null: each node is one. */
  readonly #steps: readonly number[] | null;
  readonly start: number;

  constructor(readonly placement: Placement, readonly claim: Claim) {
    this.#before = placement.total(claim.label);
    this.#wanted = claim.asked - this.#before;
    this.#weight = claim.weight ?? this.#wanted;
    this.#steps = stepsOf(claim, this.#before);
    this.start = claim.weight === null ? 0 : claim.served + this.#before / claim.weight;
  }

  get end(): number {
    return this.start + this.#wanted / this.#weight;
  }

  get given(): number {
    return this.placement.total(this.claim.label) - this.#before;
  }

  /** Whether it wants another node and can get it. */
  get open(): boolean {
    return this.given < this.#wanted && this.placement.accepts(this.claim.label);
  }

  /** How many whole lots are nearest to that part of what is wanted. */
  lotsAt(part: number): number {
    const nodes = (part - this.start) * this.#weight;
    if (this.#steps === null) return Math.max(0, Math.min(this.#wanted, Math.floor(nodes + 0.5)));
    return this.#steps.findLastIndex((_, at) => this.#middleOf(at) <= nodes) + 1;
  }

  /** The part from which on another lot is due. */
  get due(): number {
    const lots = this.#steps === null ? this.given : this.#steps.filter((step) => step <= this.given).length;
    return this.start + this.#middleOf(lots) / this.#weight;
  }

  /** The nodes up to the middle of a lot. */
  #middleOf(lot: number): number {
    return (this.#nodesOf(lot) + this.#nodesOf(lot + 1)) / 2;
  }

  /** The nodes of the first lots. */
  #nodesOf(lots: number): number {
    return this.#steps === null ? lots : lots === 0 ? 0 : this.#steps[lots - 1] ?? this.#wanted;
  }

  /** Places what is missing to that part; whether all of it could be. */
  raiseTo(part: number): boolean {
    const missing = Math.max(0, this.#nodesOf(this.lotsAt(part)) - this.given);
    return this.placement.place(this.claim.label, missing) === missing;
  }
}

function stepsOf({ asked, steps }: Claim, before: number): readonly number[] | null {
  return steps?.filter((step) => step > before && step < asked).concat(asked).map((step) => step - before) ??
    null;
}

function share(placement: Placement, shares: readonly Share[]): void {
  let part = -Infinity;
  for (;;) {
    const open = shares.filter((one) => one.open);
    if (open.length === 0) return;
    part = Math.max(part, Math.min(...open.map(({ start }) => start)));
    part = open.length === 1 ? raiseAlone(open[0]!) : raiseTogether(placement, open, part);
  }
}

function raiseAlone(only: Share): number {
  only.raiseTo(only.end);
  return only.end;
}

/** Raises all from a part that each has to the highest that all can have; where not all can, those that can. */
function raiseTogether(placement: Placement, shares: readonly Share[], from: number): number {
  const raise = (part: number) => placement.attempt(() => shares.every((one) => one.raiseTo(part)));
  const end = Math.max(...shares.map((one) => one.end));
  if (raise(end)) return end;
  let [low, high] = [from, end];
  while (shares.some((one) => one.lotsAt(high) - one.lotsAt(low) > 1)) {
    const middle = (low + high) / 2;
    if (raise(middle)) low = middle;
    else high = middle;
  }
  const next = shares.map((one) => ({ one, due: one.due })).sort((a, b) => a.due - b.due);
  for (const { one } of next) one.raiseTo(high);
  return high;
}
