/**
 * The events of a pool in the database of its state: read from there alone, never held in memory. Those of one commit share an
 * entry, so that telling them costs a commit one write; its key is the id of its last event. The key-value store calls it.
 */
import type { PoolEvent } from "../domain/pool_event.ts";
import type { Instant } from "../domain/time.ts";
import { keys } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { capEvent } from "./record_caps.ts";
import { encodeEvents, inEntries } from "./record_codec.ts";
import { eventsSchema } from "./schemas.ts";
import type { EventBounds } from "./store.ts";
import type { StateReader } from "./state_reader.ts";

/** Entries that are read at a time. */
const PIECE = 100;

/** Those after an id, the oldest first: at least as many as the limit says, where there are. */
export async function listEvents(
  reader: StateReader,
  { after, limit }: { after: number; limit: number },
): Promise<readonly PoolEvent[]> {
  const events: PoolEvent[] = [];
  for await (const { record } of entriesOf(reader, { after, limit: Math.min(limit, PIECE) })) {
    events.push(...record.events.filter(({ id }) => id > after));
    if (events.length >= limit) break;
  }
  return events;
}

/** The id of the newest; 0: there has been none. */
export async function newestEventId(reader: StateReader): Promise<number> {
  for await (const { key } of reader.entries({ prefix: keys.events }, { limit: 1, reverse: true })) {
    return key[1] as number;
  }
  return 0;
}

/** The id of the last event before that moment: those since then come after it. */
export async function lastEventBefore(reader: StateReader, moment: Instant): Promise<number> {
  const [first] = await listEvents(reader, { after: 0, limit: 1 });
  let [low, high] = [(first?.id ?? 1) - 1, await newestEventId(reader)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await listEvents(reader, { after: middle, limit: 1 });
    if (event!.at < moment) low = event!.id;
    else high = middle;
  }
  return low;
}

/** The removal of entries that are beyond the bounds. The newest stays: ids go on from it. */
export async function outdatedEvents(
  reader: StateReader,
  { keep, since, batch }: EventBounds,
): Promise<Mutation[]> {
  const lastId = await newestEventId(reader);
  const isOutdated = ({ events }: { readonly events: readonly PoolEvent[] }) => {
    const { id, at } = events.at(-1)!;
    return id !== lastId && (id <= lastId - keep || at < since);
  };
  const selector = { prefix: keys.events };
  // Mostly none is to go, as the oldest alone tells.
  const [oldest] = await reader.records(selector, eventsSchema, { limit: 1 });
  if (oldest === undefined || !isOutdated(oldest)) return [];
  const entries = await reader.keyedRecords(selector, eventsSchema, { limit: batch });
  const kept = entries.findIndex(({ record }) => !isOutdated(record));
  return entries.slice(0, kept === -1 ? batch : kept).map(({ key }) => ({ key, value: null }));
}

function entriesOf(reader: StateReader, { after, limit }: { after: number; limit: number }) {
  const selector = { prefix: keys.events, start: keys.eventsUpTo(after + 1) };
  return reader.inPieces(selector, eventsSchema, limit);
}

/** The mutations that store them. */
export function eventAdditions(events: readonly PoolEvent[]): Mutation[] {
  const written = events.map((event) => ({ id: event.id, text: JSON.stringify(capEvent(event)) }));
  return inEntries(written, ({ text }) => text.length).map((entry) => ({
    key: keys.eventsUpTo(entry.at(-1)!.id),
    value: encodeEvents(entry.map(({ text }) => text)),
  }));
}
