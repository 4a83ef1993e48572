/**
 * Whether etcd forgets the revisions that have been replaced, as it must: one that keeps them all is full after some
 * 100,000 nodes and takes no more writes. Its settings cannot be asked for; so a revision of long ago is.
 */
import { HOUR, type Milliseconds, MINUTE } from "../domain/time.ts";
import { type Etcd, EtcdError } from "../etcd/etcd.ts";
import type { Call } from "../lib/call.ts";

/** Between two revisions that are remembered. */
const SAMPLED_EVERY = 10 * MINUTE;

/** An etcd that compacts itself, even only once a day, has forgotten everything older than this. */
const FORGOTTEN_AFTER = 26 * HOUR;

interface Sample {
  /** By the monotonic clock. */
  readonly at: Milliseconds;
  readonly revision: number;
}

export class CompactionWatch {
  /** Each later than the one before it, and of another revision. */
  #samples: readonly Sample[] = [];
  /** null: it forgets, or that is not known yet. */
  missingFor: Milliseconds | null = null;

  async look(etcd: Etcd, { key, now, ...call }: { key: string; now: Milliseconds } & Call): Promise<void> {
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.at < SAMPLED_EVERY) return;
    const { revision } = await etcd.range({ key }, call);
    if (revision !== last?.revision) this.#samples = [...this.#samples, { at: now, revision }];
    // One that was the newest until lately is kept by every compaction: another must have followed it as long ago.
    const followed = this.#samples.findLastIndex(({ at }) => now - at >= FORGOTTEN_AFTER) - 1;
    if (followed < 0) return;
    this.#samples = this.#samples.slice(followed);
    const [{ at, revision: old }] = this.#samples as [Sample];
    this.missingFor = await isReadable(etcd, { key, revision: old, ...call }) ? now - at : null;
  }
}

async function isReadable(
  etcd: Etcd,
  { key, revision, ...call }: { key: string; revision: number } & Call,
): Promise<boolean> {
  try {
    await etcd.range({ key, revision }, call);
    return true;
  } catch (error) {
    if (error instanceof EtcdError && error.kind === "compacted") return false;
    throw error;
  }
}
