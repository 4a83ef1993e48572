/**
 * A state in etcd, to be read: in pages, all at the revision of the first. Where etcd has compacted that revision
 * meanwhile, what is left is read as it is now; only a source that is bound to one revision then fails, so that a copy is
 * of one moment or not at all.
 */
import {
  type Etcd,
  type EtcdEntry,
  EtcdError,
  isEtcdRefusal,
  type RangeAnswer,
  type RangeRequest,
} from "../../etcd/etcd.ts";
import type { Clock } from "../../lib/clock.ts";
import type { StateEntry, StateSource } from "../state_source.ts";
import { decodeKey, decodeValue, encodedRange, encodeKey } from "../state_text.ts";

/** Entries of a page: at most a few megabytes of what there are most of, some milliseconds' worth of decoding. */
const PAGE = 2_000, LEAST = 125;

/** How often a reading is tried that got no answer, and how long it waits in between (milliseconds). */
const ATTEMPTS = 4;
const PAUSE = 500;

interface EtcdSourceOptions {
  /** The beginning of the state's keys; ends with a slash. */
  readonly prefix: string;
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
  /** Read as it stood then, or not at all. */
  readonly revision?: number;
}

export class EtcdSource implements StateSource {
  readonly #etcd: Etcd;
  readonly #options: EtcdSourceOptions;
  /** Entries of a page: fewer after one that got no answer, for which a slow line may have too little time. */
  #pageSize = PAGE;

  constructor(etcd: Etcd, options: EtcdSourceOptions) {
    this.#etcd = etcd;
    this.#options = options;
  }

  async get(key: Deno.KvKey): Promise<StateEntry> {
    const { prefix, revision } = this.#options;
    const { entries: [entry] } = await this.#range({ key: prefix + encodeKey(key), revision });
    return { key, value: entry === undefined ? null : decodeValue(entry.value) };
  }

  async *list(
    selector: Deno.KvListSelector,
    { limit = Infinity, reverse = false }: { limit?: number; reverse?: boolean } = {},
  ): AsyncGenerator<StateEntry> {
    const { prefix } = this.#options;
    const { from, to } = encodedRange(selector);
    let [start, end, left] = [prefix + from, prefix + to, limit];
    const ask = (revision: number | undefined) => {
      const page = this.#page({ key: start, end, limit: Math.min(left, this.#pageSize), reverse }, revision);
      page.catch(() => {}); // is met when the page is due, if it ever is
      return page;
    };
    let due = left > 0 && start < end ? ask(this.#options.revision) : null;
    while (due !== null) {
      const { entries, more, revision } = await due;
      const last = entries.at(-1);
      left -= entries.length;
      if (last !== undefined) [start, end] = reverse ? [start, last.key] : [`${last.key}\0`, end];
      // etcd makes the next page while this one is read.
      due = more && last !== undefined && left > 0 && start < end ? ask(revision) : null;
      for (const entry of entries) yield this.#decode(entry);
    }
  }

  /** @returns `revision`: the one that the page is of */
  async #page(asked: RangeRequest, revision: number | undefined): Promise<RangeAnswer> {
    try {
      const page = await this.#range({ ...asked, revision });
      return { ...page, revision: revision ?? page.revision };
    } catch (error) {
      const isForgotten = error instanceof EtcdError && error.kind === "compacted";
      if (!isForgotten || this.#options.revision !== undefined) throw error;
      return await this.#range(asked);
    }
  }

  async #range({ limit = 1, ...request }: RangeRequest): Promise<RangeAnswer> {
    const { clock, signal } = this.#options;
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#etcd.range({ ...request, limit: Math.min(limit, this.#pageSize) }, { signal });
      } catch (error) {
        if (isEtcdRefusal(error) || attempt === ATTEMPTS) throw error;
        this.#pageSize = Math.max(LEAST, this.#pageSize / 2);
        await clock.sleep(PAUSE, { signal });
      }
    }
  }

  #decode({ key, value }: EtcdEntry): StateEntry {
    return { key: decodeKey(key.slice(this.#options.prefix.length)), value: decodeValue(value) };
  }
}
