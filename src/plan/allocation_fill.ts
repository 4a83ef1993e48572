/**
 * Who gets how much: fills a placement with what labels ask for, in the order of their claims. Labels with fewer
 * possible providers come first, among those the ones that starved longest; but whoever was passed over a few times goes
 * before them all, so that in lasting overload everybody has a turn. Equals share: node after node goes to
 * the label that has the smallest part of what it asked for. The nodes are not counted out one by one: all equals are
 * raised together to the highest part they can have, found by bisection, and only the last few are handed out singly.
 */
import type { Placement } from "./allocation_placement.ts";

export interface Claim {
  readonly label: number;
  /** Nodes that it should have in the end. */
  readonly asked: number;
  readonly starvedTicks: number;
}

/** Places as much of the claims as can be placed. Afterwards no label that asked for more can get a node more. */
export function fill(placement: Placement, claims: readonly Claim[]): void {
  for (const equals of groupsOfEquals(placement, inOrder(placement, claims))) {
    share(placement, equals.map((claim) => new Share(placement, claim)));
  }
}

/** The claims in the order in which they are served. */
export function inOrder(placement: Placement, claims: readonly Claim[]): Claim[] {
  return [...claims].sort((a, b) => compare(placement, a, b) || a.label - b.label);
}

/** Times that a label is passed over for those that have fewer providers to choose from. */
const PATIENCE = 3;

function compare(placement: Placement, a: Claim, b: Claim): number {
  return overdue(b) - overdue(a) || placement.choices(a.label) - placement.choices(b.label) ||
    b.starvedTicks - a.starvedTicks;
}

function overdue({ starvedTicks }: Claim): number {
  return starvedTicks >= PATIENCE ? starvedTicks : 0;
}

function groupsOfEquals(placement: Placement, ordered: readonly Claim[]): Claim[][] {
  const groups: Claim[][] = [];
  for (const claim of ordered) {
    const last = groups.at(-1);
    if (last !== undefined && compare(placement, last[0]!, claim) === 0) last.push(claim);
    else groups.push([claim]);
  }
  return groups;
}

/** What one claim still asks for, seen as a part from 0 to 1 of it. */
class Share {
  readonly #before: number;
  readonly #wanted: number;

  constructor(readonly placement: Placement, readonly claim: Claim) {
    this.#before = placement.total(claim.label);
    this.#wanted = claim.asked - this.#before;
  }

  get given(): number {
    return this.placement.total(this.claim.label) - this.#before;
  }

  /** Whether it wants another node and can get it. */
  get open(): boolean {
    return this.given < this.#wanted && this.placement.accepts(this.claim.label);
  }

  /** Nodes that are nearest to that part of what is wanted. */
  at(part: number): number {
    return Math.min(this.#wanted, Math.floor(part * this.#wanted + 0.5));
  }

  /** The part from which on another node is due. */
  get due(): number {
    return (this.given + 0.5) / this.#wanted;
  }

  /** Places what is missing to that part; whether all of it could be. */
  raiseTo(part: number): boolean {
    const missing = Math.max(0, this.at(part) - this.given);
    return this.placement.place(this.claim.label, missing) === missing;
  }
}

function share(placement: Placement, shares: readonly Share[]): void {
  let part = 0;
  for (;;) {
    const open = shares.filter((one) => one.open);
    if (open.length === 0) return;
    part = open.length === 1 ? raiseAlone(open[0]!) : raiseTogether(placement, open, part);
  }
}

function raiseAlone(only: Share): number {
  only.raiseTo(1);
  return 1;
}

/** Raises all from a part that each has to the highest that all can have; where not all can, those that can. */
function raiseTogether(placement: Placement, shares: readonly Share[], from: number): number {
  const raise = (part: number) => placement.attempt(() => shares.every((one) => one.raiseTo(part)));
  if (raise(1)) return 1;
  let [low, high] = [from, 1];
  while (shares.some((one) => one.at(high) - one.at(low) > 1)) {
    const middle = (low + high) / 2;
    if (raise(middle)) low = middle;
    else high = middle;
  }
  const next = shares.map((one) => ({ one, due: one.due })).sort((a, b) => a.due - b.due);
  for (const { one } of next) one.raiseTo(high);
  return high;
}
