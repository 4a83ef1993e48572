/**
 * A state as its commits have left it, though the writer may be in the middle of one: what a journal holds that counts is
 * read as if it had been applied. `StateReader` reads through it; the writer says what counts.
 */
import { encodedRange, encodeKey } from "./state_text.ts";
import type { Mutation } from "./kv_writer.ts";
import type { StateEntry, StateSource } from "./state_source.ts";

type ListOptions = NonNullable<Parameters<StateSource["list"]>[1]>;
/** By encoded key. */
type Changes = ReadonlyMap<string, StateEntry>;

export class JournaledSource implements StateSource {
  readonly #source: StateSource;
  #changes: Changes = new Map();

  constructor(source: StateSource) {
    this.#source = source;
  }

  /** From now on these count, in place of those up to now. */
  hold(mutations: readonly Mutation[]): void {
    this.#changes = new Map(mutations.map((mutation) => [encodeKey(mutation.key), mutation]));
  }

  async get(key: Deno.KvKey): Promise<StateEntry> {
    return this.#changes.get(encodeKey(key)) ?? await this.#source.get(key);
  }

  list(selector: Deno.KvListSelector, options: ListOptions = {}): AsyncIterable<StateEntry> {
    if (this.#changes.size === 0) return this.#source.list(selector, options);
    const { limit } = options;
    const wider = limit === undefined ? options : { ...options, limit: limit + this.#changes.size };
    const entries = merged(this.#source.list(selector, wider), {
      changes: this.#changes,
      changed: changedIn(selector, this.#changes, options),
      reverse: options.reverse ?? false,
    });
    return limited(entries, limit ?? Infinity);
  }
}

/** Those of the changes that a listing shows, in its order. */
function changedIn(
  selector: Deno.KvListSelector,
  changes: Changes,
  { reverse = false }: ListOptions,
): [string, StateEntry][] {
  const { from, to } = encodedRange(selector);
  const changed = [...changes].filter(([key, { value }]) => value !== null && from <= key && key < to)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return reverse ? changed.reverse() : changed;
}

async function* merged(
  entries: AsyncIterable<StateEntry>,
  { changes, changed, reverse }: {
    changes: Changes;
    changed: readonly [string, StateEntry][];
    reverse: boolean;
  },
): AsyncGenerator<StateEntry> {
  let next = 0;
  for await (const entry of entries) {
    const key = encodeKey(entry.key);
    while (next < changed.length && (changed[next]![0] < key) !== reverse) yield changed[next++]![1];
    if (!changes.has(key)) yield entry;
  }
  for (const [, entry] of changed.slice(next)) yield entry;
}

async function* limited(entries: AsyncIterable<StateEntry>, limit: number): AsyncGenerator<StateEntry> {
  let left = limit;
  if (left <= 0) return;
  for await (const entry of entries) {
    yield entry;
    if (--left <= 0) return;
  }
}
