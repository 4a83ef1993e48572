/**
 * The engine of all ladders: the phase of a record is asked what is next until that is an action, a reason to wait, or
 * nothing. Nodes (`plan_node.ts`), images and builds (`images/plan_images.ts`) take their steps by it. Pure.
 */
import type { WaitingEvent } from "../domain/next_waiting.ts";
import type { NodeRecord, WaitingOn } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";

type Reason = Omit<WaitingOn, "since">;

/** The end of a ladder. */
export type Step<Event, Work> =
  /** Change the record and go on with the phase it is then in. */
  | { readonly do: "change"; readonly event: Event }
  /** Have something done; meanwhile the record waits. */
  | { readonly do: "act"; readonly action: Work }
  /** Nothing to be done now, and why; look again at `until` at the latest. */
  | Reason & { readonly do: "wait"; readonly until?: Instant }
  /** All is well as it is; look again at `until`. */
  | { readonly do: "stay"; readonly until?: Instant }
  /** The next step is decided elsewhere, for several at once: the record is left as it is. */
  | { readonly do: "leave" }
  /** Nothing is left of it: the record goes. */
  | { readonly do: "end" };

export function change<const Event>(event: Event) {
  return { do: "change", event } as const;
}

export function act<const Work>(action: Work) {
  return { do: "act", action } as const;
}

export function wait(reason: WaitingOn["reason"], message: string, until: Instant | null = null) {
  return { do: "wait", reason, message, ...(until === null ? {} : { until }) } as const;
}

export function stay(until: Instant | null = null) {
  return { do: "stay", ...(until === null ? {} : { until }) } as const;
}

/**
 * Has what failed wait for its next attempt, with the last one's message; null: the next one may be made.
 * @param options `by`: when to look again at the latest; `otherwise`: what it waits for where no attempt said
 * anything
 */
export function awaitRetry(
  { retryAt, waitingOn }: Pick<NodeRecord, "retryAt" | "waitingOn">,
  { now, reason, by = Infinity, otherwise = "the next attempt" }: {
    now: Instant;
    reason: WaitingOn["reason"];
    by?: Instant;
    otherwise?: string;
  },
): ReturnType<typeof wait> | null {
  if (retryAt === null || retryAt <= now) return null;
  return wait(reason, waitingOn?.message ?? otherwise, Math.min(retryAt, by));
}

/** Whether each attempt that was due by then has been made, and at least one. */
export function isTriedUntil(
  time: Instant,
  { attempt, retryAt }: { attempt: number; retryAt: Instant | null },
): boolean {
  return attempt > 0 && (retryAt === null || retryAt >= time);
}

export interface Followed<Entity, Work> {
  /** The record as it is to be; the same object where nothing changes, null where it has ended. */
  readonly next: Entity | null;
  readonly action: Work | null;
  /** When to look again even if nothing happens; null: no such time. */
  readonly until: Instant | null;
}

interface Ladder<Entity, Event, Work> {
  readonly now: Instant;
  next(record: Entity): Step<Event, Work>;
  change(record: Entity, event: Event | WaitingEvent): Entity;
  /** The reason that the record waits for while the action is carried out. */
  describe(action: Work): Reason;
}

interface Waiter {
  readonly id: number;
  /** Attempts at its current step. */
  readonly attempt: number;
  readonly waitingOn: WaitingOn | null;
}

/** More changes than there are phases would be a circle. */
const MOST_CHANGES = 15;

export function followLadder<Entity extends Waiter, Event, Work>(
  given: Entity,
  { now, next, change, describe }: Ladder<Entity, Event, Work>,
): Followed<Entity, Work> {
  let record = given;
  for (let changes = 0; changes <= MOST_CHANGES; changes++) {
    const step = next(record);
    switch (step.do) {
      case "change":
        record = change(record, step.event);
        break;
      case "act": {
        // What an earlier attempt said stays while the next one is made.
        const stays = record.attempt > 0 && record.waitingOn !== null;
        const waiting = stays ? record : waitingFor(record, { reason: describe(step.action), change });
        return { next: waiting, action: step.action, until: null };
      }
      case "wait":
        return staying(waitingFor(record, { reason: step, change }), step.until);
      case "stay":
        return staying(waitingFor(record, { reason: null, change }), step.until);
      case "leave":
        return staying(record);
      case "end":
        // Its last change is stored before its record goes, so that its history says why it ended.
        return { next: record === given ? null : record, action: null, until: now };
    }
  }
  throw new Error(`record ${given.id} never settles`);
}

/** Nothing is done, and nothing changes but the record. */
export function staying<Entity>(record: Entity, until: Instant | null = null): Followed<Entity, never> {
  return { next: record, action: null, until };
}

/** The record as it waits for that (null: for nothing); the same object where it does already. */
export function waitingFor<Entity extends Waiter>(
  record: Entity,
  { reason: what, change }: {
    reason: Reason | null;
    change: (record: Entity, event: WaitingEvent) => Entity;
  },
): Entity {
  const before = record.waitingOn;
  if (before?.reason === what?.reason && before?.message === what?.message) return record;
  const waitingOn = what && { reason: what.reason, message: what.message };
  return change(record, { type: "waiting", waitingOn });
}
