/**
 * The history of ended nodes in a Deno KV database: a bounded queue, the only records that are not in memory. Each
 * has the next number of a sequence; the oldest go when there are too many. The KV store calls it.
 */
import type { HistoryRecord } from "../domain/node.ts";
import type { Mutation } from "./kv_writer.ts";
import type { StateReader } from "./state_reader.ts";
import { keys } from "./keys.ts";
import { capHistory } from "./record_caps.ts";
import { encodeRecord } from "./record_codec.ts";
import { historySchema } from "./schemas.ts";

/** The result of appending; `done` is called once the mutations are written. */
interface PlannedAppend {
  readonly mutations: readonly Mutation[];
  done(): void;
}

export class KvHistory {
  /** @param options `limit`: how many records are kept */
  static async open(reader: StateReader, { limit }: { limit: number }): Promise<KvHistory> {
    const [oldest] = await entryKeys(reader, { limit: 1 });
    const [newest] = await entryKeys(reader, { limit: 1, reverse: true });
    const range = { first: oldest?.sequence ?? 1, next: (newest?.sequence ?? 0) + 1 };
    return new KvHistory(reader, limit, range);
  }

  readonly #reader: StateReader;
  readonly #limit: number;
  /** The sequence numbers in use: from `first` up to, but not including, `next`. */
  #range: { readonly first: number; readonly next: number };

  private constructor(reader: StateReader, limit: number, range: { first: number; next: number }) {
    this.#reader = reader;
    this.#limit = limit;
    this.#range = range;
  }

  /** The mutations after which these are the newest records and no more than the limit are kept. */
  async planAppend(records: readonly HistoryRecord[]): Promise<PlannedAppend> {
    if (records.length === 0) return { mutations: [], done: () => {} };
    const kept = this.#limit === 0 ? [] : records.slice(-this.#limit);
    const { first, next } = this.#range;
    const excess = Math.max(0, next - first + kept.length - this.#limit);
    const dropped = excess === 0 ? [] : await entryKeys(this.#reader, { limit: excess });
    return {
      mutations: [
        ...dropped.flatMap(removal),
        ...kept.flatMap((record, index) => addition(record, next + index)),
      ],
      done: () => this.#range = { first: first + excess, next: next + kept.length },
    };
  }

  /** The newest first; `before`: only those that ended before that node. */
  async list(
    { limit, before }: { limit: number; before?: number },
  ): Promise<readonly HistoryRecord[]> {
    const sequence = before === undefined ? this.#range.next : await this.#sequenceOf(before);
    if (sequence === null || limit <= 0) return [];
    const selector = { prefix: keys.history, end: keys.historyFrom(sequence) };
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
    { key: keys.historyEntry(sequence, nodeId), value: encodeRecord(capHistory(record)) },
    { key: keys.historyOfEntry(nodeId, sequence), value: 1 },
  ];
}

function removal({ sequence, nodeId }: HistoryKey): Mutation[] {
  return [
    { key: keys.historyEntry(sequence, nodeId), value: null },
    { key: keys.historyOfEntry(nodeId, sequence), value: null },
  ];
}
