/** How the state of a record changes: by rules for each phase and event. What no rule allows is illegal and throws. */
import type { Instant } from "./time.ts";

interface Stateful {
  readonly id: number;
  readonly state: { readonly phase: string };
}

/** The changes that an event makes in a record, whose state is always told; null: the event is illegal there. */
export type Changes<Entity extends Stateful> = Partial<Entity> & Pick<Entity, "state"> | null;

/** The effect of each event in these phases; an event that is not listed is illegal. */
export type Rules<Entity extends Stateful, Event extends { type: string }, Phase> = {
  readonly [Type in Event["type"]]?: (at: {
    readonly state: Extract<Entity["state"], { phase: Phase }>;
    readonly event: Extract<Event, { type: Type }>;
    readonly record: Entity;
    readonly now: Instant;
  }) => Changes<Entity>;
};

/** The transitions of each phase, by event. */
export type RulesByPhase<Entity extends Stateful, Event extends { type: string }> = {
  readonly [Phase in Entity["state"]["phase"]]?: Rules<Entity, Event, Phase>;
};

export function applyRule<Entity extends Stateful, Event extends { type: string }>(
  rules: RulesByPhase<Entity, Event>,
  { record, event, now }: { record: Entity; event: Event; now: Instant },
): Changes<Entity> {
  const { state } = record;
  type AnyRule = (at: { state: unknown; event: Event; record: Entity; now: Instant }) => Changes<Entity>;
  const ofPhase = rules[state.phase as Entity["state"]["phase"]];
  const rule = ofPhase?.[event.type as Event["type"]] as AnyRule | undefined;
  return rule?.({ state, event, record, now }) ?? null;
}

/** The record with the changes. @param what its kind, for messages: `node` @throws IllegalTransitionError without any */
export function changed<Entity extends Stateful>(
  what: string,
  { record, event, changes }: {
    record: Entity;
    event: { readonly type: string };
    changes: Changes<Entity>;
  },
): Entity {
  if (changes === null) throw new IllegalTransitionError(what, record, event);
  return { ...record, ...changes };
}

/** A change that no rule allows: a defect of the caller, or an outcome that comes too late. */
export class IllegalTransitionError extends Error {
  override readonly name = "IllegalTransitionError";
  /** @param what the kind of the record: `node` */
  constructor(what: string, { id, state }: Stateful, event: { readonly type: string }) {
    super(`${what} ${id}: event ${event.type} is not possible in phase ${state.phase}`);
  }
}
