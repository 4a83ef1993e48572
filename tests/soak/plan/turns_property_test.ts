/** Lasting overload: whatever labels ask for, whoever may supply them and whatever their nodes take, all get their share. */
import { ok } from "node:assert/strict";
import fc from "fast-check";
import type { LabelAsk } from "../../../src/plan/allocation_types.ts";
import { planWithTurns } from "../../../src/plan/keep_room.ts";
import { takeTurns, type Turns, turnsAfter } from "../../../src/plan/turns.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { label } from "../../plan/allocation_inputs.ts";

interface Overload {
  /** Places, by provider. */
  readonly places: readonly number[];
  readonly labels: readonly {
    readonly demand: number;
    readonly size: number;
    readonly providers: readonly number[];
  }[];
  /** The part of the nodes that ends in each round. */
  readonly ending: number;
  readonly seed: number;
}

const nameOf = (at: number) => `p${at}`;

/** A pool in which every label always has as much to do as it asks for; the nodes last for random times. */
class BusyPool {
  readonly #overload: Overload;
  readonly #random;
  #turns: Turns = new Map();
  #now = 0;
  /** Nodes, by label and provider. */
  #nodes: { readonly label: number; readonly provider: number }[] = [];
  /** Nodes, by label. */
  readonly given: number[];
  /** Servers, by provider. */
  readonly launched: number[];
  /** The same, of the first label alone. */
  readonly launchedFirst: number[];

  constructor(overload: Overload) {
    this.#overload = overload;
    this.#random = seededRandom(overload.seed);
    this.given = overload.labels.map(() => 0);
    this.launched = overload.places.map(() => 0);
    this.launchedFirst = overload.places.map(() => 0);
  }

  round(isAsking: (label: number) => boolean = () => true): void {
    const { labels, ending } = this.#overload;
    this.#now += 60_000;
    this.#nodes = this.#nodes.filter(() => this.#random.float() >= ending);
    const asks = takeTurns(labels.map((_, at) => this.#ask(at, isAsking(at))), this.#turns);
    const result = planWithTurns({ labels: asks, providers: this.#rooms() }, {
      turns: this.#turns,
      now: this.#now,
    });
    const short = new Set(result.refusals.filter(({ demand }) => demand > 0).map(({ label }) => label));
    this.#turns = turnsAfter(asks, { ...result, short, turns: this.#turns, now: this.#now });
    for (const grant of result.grants) {
      const at = Number(grant.label.slice(1));
      const provider = Number(grant.provider.slice(1));
      this.given[at]! += grant.count;
      this.launched[provider]! += grant.count * this.#overload.labels[at]!.size;
      if (at === 0) this.launchedFirst[provider]! += grant.count;
      for (let node = 0; node < grant.count; node++) {
        this.#nodes.push({ label: at, provider });
      }
    }
  }

  #ask(at: number, isAsking: boolean): LabelAsk {
    const { demand, size, providers } = this.#overload.labels[at]!;
    const asked = { demand: isAsking ? demand : 0, size, providers: providers.map(nameOf) };
    return label(`l${at}`, asked);
  }

  #rooms() {
    return this.#overload.places.map((limit, provider) => {
      const used = this.#nodes.filter((node) => node.provider === provider)
        .reduce((sum, node) => sum + this.#overload.labels[node.label]!.size, 0);
      return { name: nameOf(provider), room: { maxServers: { limit, used } } };
    });
  }
}

const overload: fc.Arbitrary<Overload> = fc.record({
  places: fc.array(fc.integer({ min: 3, max: 12 }), { minLength: 1, maxLength: 3 }),
  ending: fc.constantFrom(0.1, 0.4, 1),
  seed: fc.nat(1_000),
}).chain((fields) =>
  fc.record({
    places: fc.constant(fields.places),
    ending: fc.constant(fields.ending),
    seed: fc.constant(fields.seed),
    labels: fc.array(
      fc.record({
        demand: fc.constantFrom(40, 100, 400),
        size: fc.constantFrom(1, 1, 1, 2, 3),
        providers: fc.subarray(fields.places.map((_, at) => at), { minLength: 1 }),
      }),
      { minLength: 2, maxLength: 8 },
    ),
  })
);

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/**
 * The largest part of what they ask for that all labels could have had of the servers launched on each provider: by Hall's
 * condition the least that any set of providers allows to those that have no others.
 */
function fairPart(labels: Overload["labels"], launched: readonly number[]): number {
  let part = Infinity;
  for (let bits = 1; bits < 2 ** launched.length; bits++) {
    const isIn = (provider: number) => (bits & (1 << provider)) !== 0;
    const asked = sum(labels.map(({ demand, size, providers }) => providers.every(isIn) ? demand * size : 0));
    if (asked > 0) part = Math.min(part, sum(launched.filter((_, provider) => isIn(provider))) / asked);
  }
  return part;
}

/**
 * The part that all could have had without foresight: what was fair once stays so, even where providers have more room
 * later to make up for it, so that it is the least that any moment leaves of a fair part until then and one since.
 * @param moments servers launched on each provider until then, from the beginning until now
 */
function partInTurn(labels: Overload["labels"], moments: readonly (readonly number[])[]): number {
  const now = moments.at(-1)!;
  return Math.min(
    ...moments.map((then) =>
      fairPart(labels, then) + fairPart(labels, now.map((count, at) => count - then[at]!))
    ),
  );
}

/** Checks again and again that no label is behind its share by more than all places of the pool and a node for each. */
function checkShares(
  given: Overload,
  { least, slack = 1, sometimes }: { least: number; slack?: number; sometimes?: (round: number) => boolean },
): void {
  const pool = new BusyPool(given);
  const rivals = sometimes === undefined ? given.labels : given.labels.slice(1);
  const moments: number[][] = [];
  for (let round = 1; round <= 300; round++) {
    pool.round((label) => label !== 0 || (sometimes?.(round) ?? true));
    moments.push(
      pool.launched.map((count, at) => sometimes === undefined ? count : count - pool.launchedFirst[at]!),
    );
    if (round % 20 !== 0) continue;
    const part = partInTurn(rivals, moments);
    given.labels.forEach(({ demand, size }, at) => {
      if (at === 0 && sometimes !== undefined) return;
      const [servers, share] = [pool.given[at]! * size, part * demand * size * least];
      ok(
        servers + slack * (sum(given.places) + given.labels.length) >= share,
        `label ${at} got ${pool.given}, its share is ${share}`,
      );
    });
  }
}

Deno.test("in lasting overload no label is ever behind its proportional share by more than the pool's places and a node for each", () => {
  const alike = overload.map((given) => ({
    ...given,
    labels: given.labels.map((one) => ({ ...one, size: 1 })),
  }));
  fc.assert(fc.property(alike, (given) => checkShares(given, { least: 1 })), { numRuns: 100 });
});

Deno.test("labels whose nodes take several places at once get at least a third of their share", () => {
  fc.assert(fc.property(overload, (given) => checkShares(given, { least: 1 / 3, slack: 2 })), {
    numRuns: 60,
  });
});

Deno.test("a label that asks only now and then keeps no other from its share", () => {
  const pauses = fc.tuple(overload, fc.integer({ min: 2, max: 9 }));
  fc.assert(
    fc.property(pauses, ([given, every]) => {
      const alike = { ...given, labels: given.labels.map((one) => ({ ...one, size: 1 })) };
      checkShares(alike, { least: 1, sometimes: (round) => round % every === 0 });
    }),
    { numRuns: 30 },
  );
});

Deno.test("two providers with 11 places and eight labels: those that both have get as much as those that one has", () => {
  const labels = Array.from({ length: 8 }, (_, at) => ({
    demand: 22,
    size: 1,
    providers: at < 3 ? [0] : at < 6 ? [1] : [0, 1],
  }));
  for (const ending of [0.1, 0.5, 1]) {
    const pool = new BusyPool({ places: [11, 11], labels, ending, seed: 1 });
    for (let round = 0; round < 100; round++) pool.round();
    const total = pool.given.reduce((sum, count) => sum + count, 0);
    ok(pool.given.every((count) => count >= total / 8 - 3), `${pool.given}`);
  }
});
