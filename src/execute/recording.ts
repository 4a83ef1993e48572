/**
 * Records in the state, before an attempt, that it is about to be made, if that must be known after a crash; and
 * afterwards its outcome. Both check the record again, since it may have changed. The executors call it.
 */
import type { DibImage } from "../domain/dib_image.ts";
import { transitionDib } from "../domain/dib_transition.ts";
import { type ImageEvent, transitionImage } from "../domain/image_transition.ts";
import { isAsDecided } from "../domain/is_as_decided.ts";
import type { NodeRecord } from "../domain/node.ts";
import { type NodeEvent, transition } from "../domain/node_transition.ts";
import { IllegalTransitionError } from "../domain/state_rules.ts";
import type { ProviderImage } from "../domain/provider_image.ts";
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";
import type { DibOutcome } from "./images/image_outcome.ts";

/** @template Next null: nothing may be left of a record after an event */
interface RecordKind<Entity, Event, Next = Entity> {
  readonly known: (ledger: Ledger) => ReadonlyMap<number, Entity>;
  readonly read: (edit: Edit, id: number) => Entity | null;
  readonly put: (edit: Edit, next: Entity) => void;
  readonly change: (record: Entity, event: Event, now: Instant) => Next;
}

export const NODES: RecordKind<NodeRecord, NodeEvent> = {
  known: ({ nodes }) => nodes,
  read: (edit, id) => edit.node(id),
  put: (edit, next) => edit.putNode(next),
  change: transition,
};
export const IMAGES: RecordKind<ProviderImage, ImageEvent> = {
  known: ({ images }) => images,
  read: (edit, id) => edit.image(id),
  put: (edit, next) => edit.putImage(next),
  change: transitionImage,
};
export const BUILDS: RecordKind<DibImage, DibOutcome, DibImage | null> = {
  known: ({ dibImages }) => dibImages,
  read: (edit, id) => edit.dibImage(id),
  put: (edit, next) => edit.putDibImage(next),
  change: (image, event, now) => event.type === "removed" ? null : transitionDib(image, event, now),
};

type Planned = NodeRecord | ProviderImage | DibImage;

interface State {
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Writes down what is about to be done (null: nothing that a crash must not lose).
 * @returns the record by then; null where it is no longer as the plan had it: the next plan says what is right
 */
export async function announce<Entity extends Planned, Event>(
  { known, read, put, change }: RecordKind<Entity, Event, Entity | null>,
  { planned, event }: { readonly planned: Entity; readonly event: Event | null },
  { ledger, clock }: State,
): Promise<Entity | null> {
  const asPlanned = (record: Entity | null) => record && isAsDecided(planned, record) ? record : null;
  if (event === null) return asPlanned(known(ledger).get(planned.id) ?? null);
  return await ledger.edit((edit) => {
    const record = asPlanned(read(edit, planned.id));
    const next = record && change(record, event, clock.now());
    if (next !== null) put(edit, next);
    return next;
  });
}

/**
 * Stores what an attempt came to. What comes too late for the state that its record is in by now changes nothing.
 * @param options `record`: puts the next record, and what follows from it
 */
export async function storeOutcome<Entity extends Planned, Event extends { readonly type: string }, Next>(
  { read, change }: RecordKind<Entity, Event, Next>,
  { planned, event, record }: {
    readonly planned: Entity;
    readonly event: Event;
    readonly record: (edit: Edit, change: { previous: Entity; next: Next; now: Instant }) => void;
  },
  { ledger, clock }: State,
): Promise<void> {
  const now = clock.now();
  try {
    await ledger.edit((edit) => {
      const previous = read(edit, planned.id);
      if (previous === null) return;
      // Legal in any phase, but meant for the one it was decided in: a node held meanwhile stays held.
      const concernsPhase = event.type === "delete" || event.type === "postponed";
      if (concernsPhase && previous.state.phase !== planned.state.phase) return;
      record(edit, { previous, next: change(previous, event, now), now });
    });
  } catch (error) {
    if (!(error instanceof IllegalTransitionError)) throw error;
  }
}
