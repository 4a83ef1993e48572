/**
 * From when on a cloud is to be asked which of its servers have changed. It stamps each change by the clock of the host
 * that makes it, and picks by those stamps; neither our clock nor the one of its API is among them. So a question begins
 * at the newest stamp seen. Where a change turns up late, with a stamp from well before what had been seen, the hosts'
 * clocks differ: from then on all questions reach back that far. The provider's watch keeps one.
 */
import type { ServerListing } from "./server.ts";
import { HOUR, type Instant, type Milliseconds, SECOND } from "./time.ts";

/** Hosts whose clocks are kept right differ by less. All deltas reach back so far: nobody else lets them overlap. */
const SHORTEST_REACH = 8 * SECOND;
/** Beyond this, complete listings have to find what has changed: one question must not list a whole day. */
const LONGEST_REACH = HOUR;

export class ChangeStamps {
  /** By server; those not listed any more are kept for a while, since a listing may have left them out. */
  readonly #stamps = new Map<string, { at: Instant; seenAt: Instant }>();
  #newest: Instant | null = null;
  #cloudTime: Instant = 0;
  #reach: Milliseconds = SHORTEST_REACH;

  /** By the clocks of the cloud's hosts. */
  get since(): Instant {
    return this.#newest === null ? this.#cloudTime - LONGEST_REACH : this.#newest - this.#reach;
  }

  /** Takes in what a listing shows. */
  note(listing: ServerListing): void {
    const { servers, cloudTime, cloudAhead, startedAt } = listing;
    // Damage, which must not hide what changes now; where the cloud tells no time, there is nothing to know it by.
    const last = cloudAhead === null ? Infinity : cloudTime + LONGEST_REACH;
    const before = this.#newest;
    for (const { id, updatedAt } of servers) {
      if (updatedAt === null || updatedAt > last) continue;
      if (before !== null && updatedAt > (this.#stamps.get(id)?.at ?? -Infinity)) {
        this.#widen(before - updatedAt);
      }
      this.#stamps.set(id, { at: updatedAt, seenAt: startedAt });
      this.#newest = Math.max(this.#newest ?? -Infinity, updatedAt);
    }
    this.#cloudTime = cloudTime;
    if (listing.kind === "complete") this.#forgetGone(startedAt);
  }

  /** @param late how much older than the newest stamp a change was that had not shown before */
  #widen(late: Milliseconds): void {
    if (late > this.#reach) this.#reach = Math.min(late + SHORTEST_REACH, LONGEST_REACH);
  }

  #forgetGone(now: Instant): void {
    for (const [id, { seenAt }] of this.#stamps) if (now - seenAt > LONGEST_REACH) this.#stamps.delete(id);
  }
}
