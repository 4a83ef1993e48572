/**
 * How long to wait between two listings of a provider's servers while some of them are waited for: seldom while none can
 * be ready yet, and the more finely the more are due, as the boots of late have shown: those of the same label, and the
 * first ones of a burst. So a node is found soon after it is ACTIVE, without many listings before. Pure; `planWatch`
 * calls it.
 */
import type { NodeRecord } from "../domain/node.ts";
import { bootTime, type ProviderNodes } from "../domain/node_index.ts";
import { type Instant, type Milliseconds, MINUTE, SECOND } from "../domain/time.ts";

/** Between listings while a server is likely to become ACTIVE, and while nothing hurries. */
const BRISK = SECOND / 2;
const STEADY = 2 * SECOND;
/** The longer a change has been awaited, the more seldom it is looked for: first every five seconds, then once a minute. */
const LATE_AFTER = 3 * MINUTE;
const LATE_PART = 1 / 36;
const SELDOM = MINUTE;
/** Of the fastest boot seen: from then on the next one may be done. */
const EARLIEST_PART = 0.8;
/** However many are due, a listing of them takes time, too. */
const FINEST = 0.15 * SECOND;
/**
 * The worth of a listing: this much waiting of servers together, that of one before the next is half the interval.
 */
const WORTH = 1.5 * SECOND;
/** Changes due within that time are counted, and those that came about within twice that. */
const HORIZON = SECOND;
/** The newest boots of a label that are looked at: a cloud's mood changes. */
const RECENT = 500;
/** Where no boot is known, servers of that age are looked for less briskly: the first of them shows what to expect. */
const UNKNOWN = 0.75 * SECOND;
const UNKNOWN_AFTER = 5 * SECOND;

type Booted = Pick<ProviderNodes, "booted" | "byBootTime">;

/**
 * @param pending nodes that wait for their servers to change
 * @param seen `nodes`: all on the provider
 */
export function listingInterval(
  pending: readonly NodeRecord[],
  { nodes, now }: { nodes: Booted; now: Instant },
): Milliseconds {
  const booting = pending.filter(({ state }) => state.phase === "boot");
  const base = baseInterval(pending, { fastestBoot: fastestBoot(nodes), now });
  if (booting.length === 0) return base;
  const due = Math.max(dueByHistory(booting, { nodes, now }), dueByBurst(nodes, now));
  // Waiting grows with the square of the interval, listings with its inverse: where both cost the same is best.
  return Math.min(base, Math.max(FINEST, Math.sqrt(2 * WORTH * HORIZON / due)));
}

function baseInterval(
  pending: readonly NodeRecord[],
  { fastestBoot, now }: { fastestBoot: number; now: Instant },
): Milliseconds {
  const intervals = pending.map(({ state, phaseSince }) => {
    const age = now - phaseSince;
    if (age >= LATE_AFTER) return age * LATE_PART;
    if (state.phase === "delete-server") return STEADY;
    if (state.phase !== "boot") return BRISK;
    if (fastestBoot === 0) return age < UNKNOWN_AFTER ? BRISK : UNKNOWN;
    const mayBeDoneAt = phaseSince + fastestBoot * EARLIEST_PART;
    return Math.min(STEADY, Math.max(BRISK, mayBeDoneAt - now));
  });
  return Math.min(SELDOM, ...intervals);
}

/** The shortest boot of the nodes there are; 0: none is known. */
function fastestBoot({ byBootTime }: Booted): Milliseconds {
  const fastest = byBootTime.at(0);
  return fastest === undefined ? 0 : bootTime(fastest)!;
}

/** How many of them become ACTIVE within the horizon, if they boot as those of their label did before. */
function dueByHistory(
  booting: readonly NodeRecord[],
  { nodes: { booted }, now }: { nodes: Booted; now: Instant },
): number {
  let due = 0;
  for (const [label, waiting] of Map.groupBy(booting, (node) => node.label)) {
    const newest = booted.backwards().filter((node) => node.label === label).take(RECENT);
    const boots = newest.map((node) => bootTime(node)!).toArray();
    const ages = waiting.map(({ phaseSince }) => now - phaseSince);
    due += dueOf(ages.toSorted((a, b) => a - b), boots.toSorted((a, b) => a - b));
  }
  return due;
}

/** Those that still wait have not booted at their age either: in a burst only the fast ones are known at first. */
function dueOf(ages: readonly Milliseconds[], boots: readonly Milliseconds[]): number {
  return ages.reduce((due, age) => {
    const booted = countUpTo(boots, age);
    const longer = boots.length - booted + ages.length - countUpTo(ages, age);
    return longer === 0 ? due : due + (countUpTo(boots, age + HORIZON) - booted) / longer;
  }, 0);
}

/** How many of the sorted numbers are no larger. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many become ACTIVE within the horizon, if it goes on as in the last moments. */
function dueByBurst({ booted }: Booted, now: Instant): number {
  return booted.countAbove(now - 2 * HORIZON) / 2;
}
