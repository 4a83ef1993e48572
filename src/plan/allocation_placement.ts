/**
 * How many nodes of which label stand on which provider while an allocation is made. Keeps every provider within
 * every limit, always. Nodes that were placed are never taken away again, but they may move to another provider to
 * make room; where a server takes nothing but a place (max-servers, instances) those moves are augmenting paths, so a
 * node that is refused would fit in no other arrangement. Labels and providers are numbers here: their positions in
 * the lists the placement was made from.
 */
import type { Resource } from "../domain/resource.ts";
import type { LabelAsk, ProviderRoom } from "./allocation_types.ts";
import { proportionalShares } from "./allocation_shares.ts";

export const RESOURCES: readonly Resource[] = [
  "maxServers",
  "instances",
  "cores",
  "ramMib",
  "floatingIps",
  "ports",
];

/** One node enters a provider; the provider before it in the chain is the one that it left for another node. */
interface Step {
  readonly label: number;
  readonly provider: number;
  readonly before: Step | null;
}

export class Placement {
  /** By label, then provider: what one node takes of each resource; null where it can't be launched. */
  readonly #needs: readonly (readonly (readonly number[] | null)[])[];
  /** By label, then provider: how many of its nodes may be launched there, whatever the room. */
  readonly #most: readonly (readonly number[])[];
  /** By provider: the least that a node of any label takes of each resource; null where none can be launched. */
  readonly #least: readonly (readonly number[] | null)[];
  readonly #roomBefore: readonly (readonly number[])[];
  /** The room left, by provider, then resource. */
  #room: number[][];
  /** Nodes, by label, then provider; and by label. */
  #counts: number[][];
  #totals: number[];
  /** Nodes of a label that an empty provider could take, by label, then provider. */
  readonly #weights: readonly (readonly number[])[];
  readonly #choices: readonly number[];
  readonly #closed = new Set<number>();

  constructor(labels: readonly LabelAsk[], providers: readonly ProviderRoom[]) {
    this.#needs = labels.map((label) => needsOf(label, providers));
    this.#most = labels.map((label) => mostOf(label, providers));
    this.#least = providers.map((_, provider) => leastOf(this.#needs.map((row) => row[provider]!)));
    this.#roomBefore = providers.map(({ room }) => RESOURCES.map((resource) => headroom(room[resource])));
    this.#room = this.#roomBefore.map((row) => [...row]);
    this.#counts = labels.map(() => providers.map(() => 0));
    this.#totals = labels.map(() => 0);
    this.#weights = this.#needs.map((row) =>
      row.map((need, provider) => need === null ? 0 : howOften(need, this.#room[provider]!, NOTHING))
    );
    this.#choices = this.#weights.map((row) => row.filter((weight) => weight > 0).length);
  }

  /** Has nothing more placed on these. */
  close(providers: Iterable<number>): void {
    for (const provider of providers) this.#closed.add(provider);
  }

  /** Nodes of a label on a provider. */
  on(label: number, provider: number): number {
    return this.#counts[label]![provider]!;
  }

  /** Nodes of a label on all providers. */
  total(label: number): number {
    return this.#totals[label]!;
  }

  /** How many providers could take a node of the label when nothing had been placed. */
  choices(label: number): number {
    return this.#choices[label]!;
  }

  /** The use of each resource (in the order of RESOURCES) by one node; null where it can't be launched. */
  needs(label: number, provider: number): readonly number[] | null {
    return this.#needs[label]![provider]!;
  }

  /** Whether no more nodes of the label may be launched there, whatever the room. */
  isDone(label: number, provider: number): boolean {
    return this.on(label, provider) >= this.#most[label]![provider]!;
  }

  /** How much of a resource (its position in RESOURCES), one that has a limit, all that is placed on a provider takes. */
  taken(provider: number, resource: number): number {
    return this.#roomBefore[provider]![resource]! - this.#room[provider]![resource]!;
  }

  /** Whether one more node of the label can be placed. */
  accepts(label: number): boolean {
    return this.#findChain(label) !== null;
  }

  /**
   * Places up to `count` nodes of the label: spread over its providers in proportion to their room where they fit
   * as things are, else by moving others.
   * @returns how many were placed
   */
  place(label: number, count: number): number {
    let left = count - this.#placeWhereRoomIs(label, count);
    while (left > 0) {
      const chain = this.#findChain(label);
      if (chain === null) break;
      left -= this.#follow(chain, left);
    }
    return count - left;
  }

  /** Places everything once more from nothing, now that all totals are known; keeps what is if that fails. */
  spreadAnew(order: readonly number[]): void {
    const totals = [...this.#totals];
    this.attempt(() => {
      this.#clear();
      return order.every((label) => this.place(label, totals[label]!) === totals[label]);
    });
  }

  /** Runs `change` and takes everything back that it placed if it returns false. */
  attempt(change: () => boolean): boolean {
    const [room, counts, totals] = [this.#room, this.#counts, this.#totals];
    this.#room = room.map((row) => [...row]);
    this.#counts = counts.map((row) => [...row]);
    this.#totals = [...totals];
    const done = change();
    if (!done) [this.#room, this.#counts, this.#totals] = [room, counts, totals];
    return done;
  }

  #clear(): void {
    this.#counts.forEach((row, label) =>
      row.forEach((count, provider) => this.#add(label, provider, -count))
    );
  }

  #placeWhereRoomIs(label: number, count: number): number {
    let left = count;
    while (left > 0) {
      const weights = this.#weights[label]!.map((weight, at) => (this.#fits(label, at) > 0 ? weight : 0));
      const shares = proportionalShares(left, weights);
      let placed = 0;
      shares.forEach((share, provider) => {
        const fitting = Math.min(share, this.#fits(label, provider));
        this.#add(label, provider, fitting);
        placed += fitting;
      });
      if (placed === 0) break;
      left -= placed;
    }
    return count - left;
  }

  /** The shortest chain of moves that ends on a provider with room, seen from its end. */
  #findChain(label: number): Step | null {
    if (this.#full()) return null;
    const seen = new Set<number>();
    const steps: Step[] = [];
    const enter = (step: Step) => {
      seen.add(step.provider);
      steps.push(step);
    };
    this.#needs[label]!.forEach((need, provider) => need && enter({ label, provider, before: null }));
    for (const step of steps) {
      if (this.#fits(step.label, step.provider) > 0) return step;
      for (let provider = 0; provider < this.#room.length; provider++) {
        const leaving = seen.has(provider) ? -1 : this.#whoCanMove(step, provider);
        if (leaving >= 0) enter({ label: leaving, provider, before: step });
      }
    }
    return null;
  }

  /** A label that has a node where the step enters, which may go to `provider` and leaves enough room; -1: none. */
  #whoCanMove(step: Step, provider: number): number {
    return this.#counts.findIndex((row, leaving) =>
      row[step.provider]! > 0 && this.#needs[leaving]![provider]! !== null &&
      this.#fitsInsteadOf(step, leaving) > 0
    );
  }

  /** Makes up to `count` nodes go the way of the chain; returns how many. */
  #follow(chain: Step, count: number): number {
    let moved = Math.min(count, this.#fits(chain.label, chain.provider));
    for (let { label, before } = chain; before !== null; { label, before } = before) {
      moved = Math.min(moved, this.on(label, before.provider), this.#fitsInsteadOf(before, label));
    }
    for (let step: Step | null = chain; step !== null; step = step.before) {
      if (step.before !== null) this.#add(step.label, step.before.provider, -moved);
      this.#add(step.label, step.provider, moved);
    }
    return moved;
  }

  /** Whether no provider has room for anything: no chain can end, which is worth knowing before one is looked for. */
  #full(): boolean {
    return this.#least.every((need, provider) =>
      need === null || howOften(need, this.#room[provider]!, NOTHING) === 0
    );
  }

  #fits(label: number, provider: number): number {
    const need = this.#needs[label]![provider]!;
    if (need === null) return 0;
    return Math.min(this.#open(label, provider), howOften(need, this.#room[provider]!, NOTHING));
  }

  /** How many nodes can enter where the step does if as many of `leaving` leave. */
  #fitsInsteadOf({ label, provider }: Step, leaving: number): number {
    const [need, freed] = [this.#needs[label]![provider]!, this.#needs[leaving]![provider]!];
    return Math.min(this.#open(label, provider), howOften(need, this.#room[provider]!, freed));
  }

  #open(label: number, provider: number): number {
    if (this.#closed.has(provider)) return 0;
    return this.#most[label]![provider]! - this.on(label, provider);
  }

  #add(label: number, provider: number, count: number): void {
    if (count === 0) return;
    this.#counts[label]![provider]! += count;
    this.#totals[label]! += count;
    const [need, room] = [this.#needs[label]![provider]!, this.#room[provider]!];
    need.forEach((amount, resource) => room[resource]! -= count * amount);
  }
}

function needsOf(label: LabelAsk, providers: readonly ProviderRoom[]): (readonly number[] | null)[] {
  const costs = new Map(label.offers.map((offer) => [offer.provider, "cost" in offer ? offer.cost : null]));
  return providers.map(({ name }) => {
    const cost = costs.get(name) ?? null;
    if (cost === null) return null;
    const server = { ...cost, maxServers: 1, instances: 1 };
    return RESOURCES.map((resource) => label.size * (server[resource] ?? 0));
  });
}

function mostOf({ offers }: LabelAsk, providers: readonly ProviderRoom[]): readonly number[] {
  const alone = new Set(
    offers.filter((offer) => "cost" in offer && offer.alone).map(({ provider }) => provider),
  );
  return providers.map(({ name }) => alone.has(name) ? 1 : Infinity);
}

function leastOf(needs: readonly (readonly number[] | null)[]): number[] | null {
  const known = needs.filter((need) => need !== null);
  if (known.length === 0) return null;
  return RESOURCES.map((_, resource) => Math.min(...known.map((need) => need[resource]!)));
}

function headroom(use: { readonly limit: number; readonly used: number } | undefined): number {
  return use === undefined ? Infinity : Math.max(0, use.limit - use.used);
}

const NOTHING: readonly number[] = RESOURCES.map(() => 0);

/** How often `need` can be taken from the room when `freed` comes back each time; what needs nothing never runs out. */
function howOften(need: readonly number[], room: readonly number[], freed: readonly number[]): number {
  let times = Infinity;
  for (let resource = 0; resource < need.length; resource++) {
    const amount = need[resource]! - freed[resource]!;
    if (amount > 0) times = Math.min(times, Math.floor(room[resource]! / amount));
  }
  return times;
}
