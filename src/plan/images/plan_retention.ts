/**
 * Which images are kept: of each diskimage, and of each image of a provider, the newest and the second newest that
 * are ready, and the newest that a node became ready from; others for a while. So deleting bad ones by hand makes the
 * last good one current again. Pure.
 */
import type { DibImage } from "../../domain/dib_image.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import type { Instant, Milliseconds } from "../../domain/time.ts";

/** The current one and the previous one. */
const KEPT = 2;

export interface Retention {
  /** Ids of those that are to go. */
  readonly expired: ReadonlySet<number>;
  /** When the next one is old enough; null: none will be. */
  readonly until: Instant | null;
}

export function planRetention(
  images: Iterable<DibImage | ProviderImage>,
  { now, keep }: { now: Instant; keep: Milliseconds },
): Retention {
  const ready = [...images].filter(({ state }) => state.phase === "ready");
  const expired = new Set<number>();
  let until = Infinity;
  for (const group of Map.groupBy(ready, nameOf).values()) {
    const newestFirst = group.toSorted((a, b) => b.version - a.version);
    const proven = newestFirst.find(({ state }) => "isProven" in state && state.isProven);
    for (const { id, stateSince } of newestFirst.slice(KEPT).filter((image) => image !== proven)) {
      if (stateSince + keep <= now) expired.add(id);
      else until = Math.min(until, stateSince + keep);
    }
  }
  return { expired, until: until === Infinity ? null : until };
}

/** Of what it is a version. */
function nameOf(image: DibImage | ProviderImage): string {
  return "name" in image ? image.name : `${image.provider}\n${image.image}`;
}
