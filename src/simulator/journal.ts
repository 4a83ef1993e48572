/**
 * Every request that a simulator answered, in order: the ground for API budgets and for "created once, deleted
 * once". Bounded: the oldest rows go first. Written by the simulator alone, once for each request.
 */
import type { Instant } from "../domain/time.ts";

export interface JournalRow {
  /** Counts from 1, over all clouds. */
  readonly n: number;
  readonly at: Instant;
  readonly cloud: string;
  readonly service: string;
  /** The operation, e.g. `server.create`; `unknown` where no route fits. */
  readonly operation: string;
  readonly method: string;
  /** With its query, below the cloud's own prefix. */
  readonly path: string;
  /** null where no answer came: the connection broke, or was left open. */
  readonly status: number | null;
  /** The server that the request made or named. */
  readonly serverId: string | null;
  /** `node_id` of that server's `nodepool` metadata. */
  readonly nodeId: number | null;
  /** The image that the request made, named or took of a server. */
  readonly imageId: string | null;
  /** `nodepool_image_id` of that image's properties. */
  readonly imageRecordId: number | null;
  /** Whether it changed the cloud. */
  readonly effect: boolean;
  /** Number of the fault that struck; null: none. */
  readonly fault: number | null;
}

export class Journal {
  readonly #size: number;
  /** Up to twice `size` rows, cut back at once: cheaper than moving all of them for each new one. */
  #rows: JournalRow[] = [];
  #count = 0;

  /** @param size how many rows are kept */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many requests there were ever. */
  get count(): number {
    return this.#count;
  }

  /** The rows after number `since`, oldest first; those still kept. */
  rows({ since = 0 }: { since?: number } = {}): JournalRow[] {
    const kept = Math.min(this.#rows.length, this.#size);
    const wanted = Math.min(kept, Math.max(0, this.#count - since));
    return wanted === 0 ? [] : this.#rows.slice(-wanted);
  }

  /** How many kept rows there are of an operation; of all without one. */
  countOf(operation?: string): number {
    const rows = this.rows();
    return operation === undefined ? rows.length : rows.filter((row) => row.operation === operation).length;
  }

  add(row: Omit<JournalRow, "n">): void {
    this.#rows.push({ n: ++this.#count, ...row });
    if (this.#rows.length >= 2 * this.#size) this.#rows = this.#rows.slice(-this.#size);
  }
}
