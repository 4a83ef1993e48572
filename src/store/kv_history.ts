/**
 * The history of ended nodes in the database of a state: the records that are not in memory. Each has the next number of a
 * sequence, so that they are listed in the order in which they ended; a task has the oldest forgotten. The key-value store
 * calls it.
 */
import type { HistoryRecord } from "../domain/node.ts";
import type { Mutation } from "./kv_writer.ts";
import type { StateReader } from "./state_reader.ts";
import type { HistoryBounds } from "./store.ts";
import { keys } from "./keys.ts";
import { capRecord } from "./record_caps.ts";
import { decodeRecord, encodeRecord } from "./record_codec.ts";
import { historySchema } from "./schemas.ts";

/** All of the mutations, or none. */
type Write = (mutations: readonly Mutation[]) => Promise<void>;

/** The sequence numbers in use: from `first` up to, but not including, `next`. */
interface Range {
  readonly first: number;
  readonly next: number;
}

export class KvHistory {
  readonly #reader: StateReader;
  /** null: not read yet. */
  #range: Range | null = null;

  constructor(reader: StateReader) {
    this.#reader = reader;
  }

  /** Reads it the first time that it is asked for. */
  async range(): Promise<Range> {
    if (this.#range !== null) return this.#range;
    const [oldest] = await entryKeys(this.#reader, { limit: 1 });
    const [newest] = await entryKeys(this.#reader, { limit: 1, reverse: true });
    return this.#range = { first: oldest?.sequence ?? 1, next: (newest?.sequence ?? 0) + 1 };
  }

  /** Makes these the newest records. */
  async append(records: readonly HistoryRecord[], write: Write): Promise<void> {
    const { first, next } = await this.range();
    await write(records.flatMap((record, index) => addition(record, next + index)));
    this.#range = { first, next: next + records.length };
  }

  /** Forgets the oldest records that are beyond the bounds. @returns whether there may be more to forget */
  async prune(bounds: HistoryBounds, write: Write): Promise<boolean> {
    const { first, next } = await this.range();
    const excess = Math.max(0, next - first - bounds.keep);
    const outdated = Math.max(excess, await this.#outdated(bounds));
    const forgotten = Math.min(outdated, bounds.batch);
    if (forgotten > 0) {
      const keys = await entryKeys(this.#reader, { limit: forgotten });
      await write(keys.flatMap(removal));
      this.#range = { first: (keys.at(-1)?.sequence ?? first - 1) + 1, next };
    }
    return forgotten === bounds.batch;
  }

  /** How many of a batch of the oldest ended too long ago. */
  async #outdated({ endedSince, batch }: HistoryBounds): Promise<number> {
    let count = 0;
    for await (const { value } of this.#reader.entries({ prefix: keys.history }, { limit: batch })) {
      const entry = decodeRecord(value)?.record as Partial<HistoryRecord> | undefined;
      if (!(Number(entry?.endedAt) < endedSince)) break;
      count++;
    }
    return count;
  }

  /** The newest first; `before`: only those that ended before that node. */
  async list(
    { limit, before }: { limit: number; before?: number },
  ): Promise<readonly HistoryRecord[]> {
    const sequence = before === undefined ? undefined : await this.#sequenceOf(before);
    if (sequence === null || limit <= 0) return [];
    const selector = {
      prefix: keys.history,
      ...(sequence !== undefined && { end: keys.historyFrom(sequence) }),
    };
    return await this.#reader.records(selector, historySchema, { limit, reverse: true });
  }

  /** The record of one node; null: it has none (any more). */
  async get(nodeId: number): Promise<HistoryRecord | null> {
    const sequence = await this.#sequenceOf(nodeId);
    if (sequence === null) return null;
    return await this.#reader.record(keys.historyEntry(sequence, nodeId), historySchema);
  }

  async #sequenceOf(nodeId: number): Promise<number | null> {
    const newest = { limit: 1, reverse: true };
    for await (const { key } of this.#reader.entries({ prefix: keys.historyOf(nodeId) }, newest)) {
      return key[2] as number;
    }
    return null;
  }
}

/** These records as the history of a new state. @param records the oldest first */
export function appendedHistory(records: readonly HistoryRecord[]): Mutation[] {
  return records.flatMap((record, index) => addition(record, index + 1));
}

interface HistoryKey {
  readonly sequence: number;
  readonly nodeId: number;
}

async function entryKeys(
  reader: StateReader,
  options: { limit: number; reverse?: boolean },
): Promise<HistoryKey[]> {
  const found: HistoryKey[] = [];
  for await (const { key } of reader.entries({ prefix: keys.history }, options)) {
    found.push({ sequence: key[1] as number, nodeId: key[2] as number });
  }
  return found;
}

function addition(record: HistoryRecord, sequence: number): Mutation[] {
  const nodeId = record.node.id;
  return [
    { key: keys.historyEntry(sequence, nodeId), value: encodeRecord(capRecord(record)) },
    { key: keys.historyOfEntry(nodeId, sequence), value: 1 },
  ];
}

function removal({ sequence, nodeId }: HistoryKey): Mutation[] {
  return [
    { key: keys.historyEntry(sequence, nodeId), value: null },
    { key: keys.historyOfEntry(nodeId, sequence), value: null },
  ];
}
