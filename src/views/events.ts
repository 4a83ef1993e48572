/**
 * An event as readers get it: `events -o json`, and the data of `/events`. Its shape is versioned as views are; a reader
 * passes over kinds and keys that it does not know.
 */
import * as v from "valibot";
import type { PoolEvent } from "../domain/pool_event.ts";
import { isoTime, VIEW_VERSION, type WallTime } from "./view_head.ts";
import { number, numberOrNull, string } from "./view_schema.ts";

export const eventViewSchema = v.object({
  version: v.literal(VIEW_VERSION),
  /** Of each the next one; never given again. */
  id: number,
  time: string,
  /** `node.ready`: the thing, and what happened to it. */
  kind: string,
  subject: v.object({ type: string, id: numberOrNull, name: string }),
  labels: v.record(string, string),
  message: string,
});
export type EventView = v.InferOutput<typeof eventViewSchema>;

export function viewEvent({ at, ...event }: PoolEvent, wallTime: WallTime): EventView {
  const { id, kind, subject, labels, message } = event;
  return { version: VIEW_VERSION, id, time: isoTime(at, wallTime), kind, subject, labels, message };
}

/** In the place of events that are no longer kept: a reader that continues from its id misses nothing more. */
export function viewLostEvents(
  { after, before, time }: { after: number; before: PoolEvent; time: string },
): EventView {
  const message = after < before.id
    ? `the events ${after + 1} to ${before.id - 1} are no longer kept`
    : `event ${after} is not one of this state: it was restored, or is a new one; its events begin at ${before.id}`;
  return {
    ...{ version: VIEW_VERSION, id: before.id - 1, time, kind: "events.lost" },
    subject: { type: "daemon", id: null, name: "events" },
    labels: {},
    message,
  };
}

/** A server-sent event. */
export function eventFrame(view: EventView): string {
  return `id: ${view.id}\ndata: ${JSON.stringify(view)}\n\n`;
}
