/**
 * Whose turn it is when there is too little for all, remembered from planning to planning: how large a part of what
 * it asked for each label was given in contests. The label that was given least comes first (`allocation_debts.ts`),
 * so that in sustained overload every label gets its share, however many providers it has and servers its nodes
 * take. A label that is new, comes back or gets other providers starts level with its competitors: it neither makes
 * up for a time without demand nor pays for what it was given elsewhere. Pure; `planLaunches` calls it.
 */
import { isContender, openProviders, weightOf, wholeNodes } from "./allocation_debts.ts";
import type { AllocationResult, LabelAsk } from "./allocation_types.ts";
import type { Instant } from "../domain/time.ts";
import { DELETED_WITHIN } from "./being_deleted.ts";
import type { Ceded } from "./plan_surplus.ts";

export interface Turn {
  /** The sum of the parts of what it asked for that it was given; only the differences between labels count. */
  readonly served: number;
  /** Where it could be launched at the last planning in which it wanted nodes; empty: it did not compete in the last one. */
  readonly providers: readonly string[];
  /** Since when it has had nothing more and room, or what it gathers, is kept for it, with breaks; null: none is. */
  readonly keepingSince: Instant | null;
  /** Room that it has ceded and the others have not taken yet. */
  readonly ceded: readonly Ceding[];
}

interface Ceding {
  readonly to: string;
  readonly servers: number;
  /** Then it is given up: something keeps them from it. */
  readonly until: Instant;
}

export type Turns = ReadonlyMap<string, Turn>;

/** At most this much of what it asks for may a label that comes back be ahead or behind. */
const MEMORY = 1;

/** The same with what each was given in contests before. */
export function takeTurns(asks: readonly LabelAsk[], turns: Turns): LabelAsk[] {
  const rivals = asks.filter((ask) => isContender(ask) && isGoingOn(ask, turns.get(ask.name)))
    .map((ask) => ({ providers: openProviders(ask), served: turns.get(ask.name)!.served }));
  return asks.map((ask) => {
    const turn = turns.get(ask.name);
    if (turn !== undefined && (isGoingOn(ask, turn) || !isContender(ask))) {
      return { ...ask, served: turn.served };
    }
    return { ...ask, served: entryOf(openProviders(ask), { rivals, before: turn?.served ?? null }) };
  });
}

function isGoingOn(ask: LabelAsk, turn: Turn | undefined): boolean {
  return turn !== undefined && turn.providers.join() === openProviders(ask).join();
}

interface Rival {
  readonly providers: readonly string[];
  readonly served: number;
}

function entryOf(
  providers: readonly string[],
  { rivals, before }: { rivals: readonly Rival[]; before: number | null },
): number {
  const byProvider = providers.map((name) => rivals.filter((rival) => rival.providers.includes(name)))
    .filter((list) => list.length > 0).map((list) => list.map(({ served }) => served));
  if (byProvider.length === 0) return before ?? 0;
  const level = Math.max(...byProvider.map((list) => Math.min(...list)));
  if (before === null) return level;
  const top = Math.max(...byProvider.flat());
  return Math.min(top + MEMORY, Math.max(level - MEMORY, before));
}

/**
 * How they stand after a planning. What was given where nobody went without is no advantage.
 * @param given `short`: labels that went without for want of room; `keeping`: those that room is kept for
 */
export function turnsAfter(
  asks: readonly LabelAsk[],
  { short, keeping, grants, turns, now }: {
    short: ReadonlySet<string>;
    keeping: ReadonlySet<string>;
    grants: AllocationResult["grants"];
    turns: Turns;
    now: Instant;
  },
): Turns {
  const launched = (label: string, on: (provider: string) => boolean = () => true) =>
    grants.reduce((sum, grant) => grant.label === label && on(grant.provider) ? sum + grant.count : sum, 0);
  const contested = new Set(
    asks.filter((ask) => isContender(ask) && short.has(ask.name)).flatMap(openProviders),
  );
  const taken = new Map(asks.map(({ name, size }) => [name, size * launched(name)]));
  return new Map(asks.flatMap((ask): [string, Turn][] => {
    const { name, served, gathered = 0 } = ask;
    const ceded = (turns.get(name)?.ceded ?? []).map(({ servers, ...each }) => ({
      ...each,
      servers: servers - (taken.get(each.to) ?? 0),
    })).filter(({ servers, until }) => servers > 0 && until > now);
    if (!isContender(ask)) {
      return turns.has(name) ? [[name, { served, providers: [], keepingSince: null, ceded }]] : [];
    }
    const providers = openProviders(ask);
    const all = launched(name);
    const part = launched(name, (provider) => contested.has(provider)) / all;
    const whole = wholeNodes(ask, all);
    const given = whole === 0 ? 0 : part * (whole + gathered);
    const keepingSince = all > 0 ? null : turns.get(name)?.keepingSince ?? (keeping.has(name) ? now : null);
    return [[name, { served: served + given / weightOf(ask), providers, keepingSince, ceded }]];
  }));
}

/** How they stand with what has just been ceded. */
export function turnsWithCeded(turns: Turns, ceded: readonly Ceded[], now: Instant): Turns {
  return new Map([...turns].map(([name, turn]) => {
    const own = ceded.filter(({ from }) => from === name);
    return [name, {
      ...turn,
      ceded: turn.ceded.concat(own.map(({ to, servers }) => ({ to, servers, until: now + DELETED_WITHIN }))),
    }];
  }));
}
