/**
 * Which images are kept: of each diskimage, and of each image of a provider, the newest and the second newest that
 * are ready; others for a while. So deleting a bad one by hand makes the one before current again. Pure.
 */
import type { DibImage } from "../../domain/dib_image.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import type { Instant, Milliseconds } from "../../domain/time.ts";

/** The current one and the previous one. */
const KEPT = 2;

export interface Retention {
  /** Ids of those that are to go. */
  readonly expired: ReadonlySet<number>;
  /** When the next one comes of age; null: none will. */
  readonly until: Instant | null;
}

export function planDibRetention(
  images: Iterable<DibImage>,
  situation: { now: Instant; keep: Milliseconds },
): Retention {
  const ready = [...images].filter(({ state }) => state.phase === "ready");
  return retentionOf([...Map.groupBy(ready, ({ name }) => name).values()], situation);
}

export function planImageRetention(
  images: Iterable<ProviderImage>,
  situation: { now: Instant; keep: Milliseconds },
): Retention {
  const ready = [...images].filter(({ state }) => state.phase === "ready");
  const groups = Map.groupBy(ready, ({ provider, image }) => `${provider}\n${image}`);
  return retentionOf([...groups.values()], situation);
}

function retentionOf(
  groups:
    readonly (readonly { readonly id: number; readonly version: number; readonly stateSince: Instant }[])[],
  { now, keep }: { now: Instant; keep: Milliseconds },
): Retention {
  const expired = new Set<number>();
  let until = Infinity;
  for (const group of groups) {
    const others = group.toSorted((a, b) => b.version - a.version).slice(KEPT);
    for (const { id, stateSince } of others) {
      if (stateSince + keep <= now) expired.add(id);
      else until = Math.min(until, stateSince + keep);
    }
  }
  return { expired, until: until === Infinity ? null : until };
}
