/**
 * Sums what servers were used for, by label, provider, job, client or image, in a window of time. Pure; nothing is counted
 * twice: each second of a server is of one kind and in one row, and what happened at an instant is in one window.
 */
import type { PriceConfig } from "./config.ts";
import { type NodeUsage, type UsageKind, usageKinds, wholeSecond } from "./node_usage.ts";
import { HOUR, type Instant, type Milliseconds } from "./time.ts";

export const usageGroupings = ["label", "provider", "job", "client", "image"] as const;

export type UsageGrouping = typeof usageGroupings[number];

/** From `since`, up to but not including `until`. */
interface Window {
  readonly since: Instant;
  readonly until: Instant;
}

export interface UsageSum {
  /** null: of none. */
  readonly name: string | null;
  readonly times: Readonly<Record<UsageKind, Milliseconds>>;
  readonly launches: number;
  readonly failures: ReadonlyMap<string, number>;
  /** From the shortest to the longest. */
  readonly waits: readonly Milliseconds[];
  /** By currency; the empty one has no name. */
  readonly costs: ReadonlyMap<string, number>;
  /** Of servers whose flavor has no price. */
  readonly unpriced: Milliseconds;
}

interface Question extends Window {
  readonly by: UsageGrouping;
  /** By provider; one that is not there has none. */
  readonly prices: ReadonlyMap<string, PriceConfig>;
}

/** The rows by name, those of none last, and the sum of all. A server that nothing of falls into the window is in no row. */
export function sumUsage(
  usages: readonly NodeUsage[],
  { by, prices, ...window }: Question,
): { readonly rows: readonly UsageSum[]; readonly total: UsageSum } {
  const between = { since: wholeSecond(window.since), until: wholeSecond(window.until) };
  const byId = new Map(usages.map((usage) => [usage.id, usage]));
  const rows = new Map<string | null, RunningSum>();
  const total = new RunningSum(null);
  // Once for each id: a node that ended while it was read may be among the living, too.
  for (const usage of byId.values()) {
    const name = nameOf(usage, { by, byId });
    const part = partOf(usage, { ...between, prices: prices.get(usage.provider) });
    if (part === null) continue;
    rows.getOrInsertComputed(name, () => new RunningSum(name)).add(part);
    total.add(part);
  }
  const sorted = [...rows.values()].sort((left, right) => compareNames(left.name, right.name));
  return { rows: sorted.map((row) => row.end()), total: total.end() };
}

/** A subnode is for whom its node is. */
function nameOf(
  usage: NodeUsage,
  { by, byId }: { by: UsageGrouping; byId: ReadonlyMap<number, NodeUsage> },
): string | null {
  const isOfUse = by === "job" || by === "client";
  const parent = usage.parentId === null || !isOfUse ? undefined : byId.get(usage.parentId);
  return (parent ?? usage)[by];
}

function compareNames(left: string | null, right: string | null): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** One server's part of the window. */
interface Part {
  readonly times: readonly { readonly kind: UsageKind; readonly length: Milliseconds }[];
  readonly isLaunch: boolean;
  readonly failure: string | null;
  readonly wait: Milliseconds | null;
  readonly cost: { readonly currency: string; readonly perHour: number } | null;
}

/** null: nothing of it is in the window. */
function partOf(
  usage: NodeUsage,
  { since, until, prices }: Window & { prices: PriceConfig | undefined },
): Part | null {
  const isIn = (instant: Instant) => instant >= since && instant < until;
  const times = usage.stretches.flatMap(({ kind, from, to }) => {
    const length = Math.min(to, until) - Math.max(from, since);
    return length > 0 ? [{ kind, length }] : [];
  });
  const isLaunch = usage.launchedAt !== null && isIn(usage.launchedAt);
  const failure = usage.failure !== null && isIn(usage.failure.at) ? usage.failure.reason : null;
  const wait = usage.wait !== null && isIn(usage.wait.at) ? usage.wait.length : null;
  if (times.length === 0 && !isLaunch && failure === null && wait === null) return null;
  return { times, isLaunch, failure, wait, cost: costOf(usage, prices) };
}

function costOf({ flavorName, flavorId }: NodeUsage, prices: PriceConfig | undefined): Part["cost"] {
  const flavor = [flavorName, flavorId].find((name) => Object.hasOwn(prices?.perHour ?? {}, name));
  if (prices === undefined || flavor === undefined) return null;
  return { currency: prices.currency ?? "", perHour: prices.perHour[flavor]! };
}

class RunningSum {
  readonly #times = Object.fromEntries(usageKinds.map((kind) => [kind, 0])) as Record<UsageKind, number>;
  readonly #failures = new Map<string, number>();
  readonly #waits: Milliseconds[] = [];
  readonly #costs = new Map<string, number>();
  #launches = 0;
  #unpriced = 0;

  constructor(readonly name: string | null) {}

  add({ times, isLaunch, failure, wait, cost }: Part): void {
    for (const { kind, length } of times) this.#times[kind] += length;
    if (isLaunch) this.#launches++;
    if (failure !== null) this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1);
    if (wait !== null) this.#waits.push(wait);
    const whole = times.reduce((sum, { length }) => sum + length, 0);
    if (cost === null) this.#unpriced += whole;
    else {
      const before = this.#costs.get(cost.currency) ?? 0;
      this.#costs.set(cost.currency, before + whole / HOUR * cost.perHour);
    }
  }

  end(): UsageSum {
    return {
      name: this.name,
      times: this.#times,
      launches: this.#launches,
      failures: this.#failures,
      waits: this.#waits.sort((left, right) => left - right),
      costs: this.#costs,
      unpriced: this.#unpriced,
    };
  }
}

/** The wait that this share of the waits do not exceed; null: there are none. */
export function percentile(sorted: ArrayLike<Milliseconds>, share: number): Milliseconds | null {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}

/** Of an even number, the mean of the middle two; null: there are none. */
export function median(sorted: ArrayLike<Milliseconds>): Milliseconds | null {
  const half = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
