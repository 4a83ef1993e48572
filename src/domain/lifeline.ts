/**
 * How a node has spent its time, read from its record: the phases it went through, each from its entry to the next one's,
 * and the time in each state. Pure; for a node that is gone up to its end, for a living one up to now.
 */
import { type NodePhase, nodePhases, type NodeRecord, type NodeStateName, stateOfPhase } from "./node.ts";
import type { Instant, Milliseconds } from "./time.ts";

interface Stretch {
  readonly phase: NodePhase;
  readonly state: NodeStateName;
  readonly from: Instant;
  readonly duration: Milliseconds;
}

type Times = Pick<NodeRecord, "timings" | "returns">;

/** In the order in which they came; together they last from the node's beginning to `until`. */
export function lifelineOf({ timings, returns = [] }: Times, until: Instant): readonly Stretch[] {
  const entered = [
    ...nodePhases.flatMap((phase) => timings[phase] === undefined ? [] : [{ phase, at: timings[phase] }]),
    ...returns,
  ].sort((left, right) => left.at - right.at);
  return entered.map(({ phase, at: from }, index) => {
    const to = entered[index + 1]?.at ?? until;
    return { phase, state: stateOfPhase(phase), from, duration: Math.max(0, to - from) };
  });
}

/** How long it was in each state; states that it never was in are left out. */
export function timeByState(
  node: Times,
  until: Instant,
): Readonly<Partial<Record<NodeStateName, Milliseconds>>> {
  const sums: Partial<Record<NodeStateName, Milliseconds>> = {};
  for (const { state, duration } of lifelineOf(node, until)) sums[state] = (sums[state] ?? 0) + duration;
  return sums;
}

/** How long its user waited for it; null: nobody asked, or it was not recorded. */
export function waitOf({ asked, timings }: Pick<NodeRecord, "asked" | "timings">): Milliseconds | null {
  return asked === undefined || timings.used === undefined ? null : Math.max(0, timings.used - asked.at);
}

/** When its life began. */
export function beginningOf({ timings, stateSince }: Pick<NodeRecord, "timings" | "stateSince">): Instant {
  return timings.create ?? stateSince;
}
