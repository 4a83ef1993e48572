/**
 * What is known of one provider's cloud, as last seen. Whatever may be out of date says when it was taken; null
 * means never seen, and nothing is concluded from it.
 */
import type { Inventory } from "./inventory.ts";
import type { CloudImage, Flavor, FloatingIp, Network, Port, Quota } from "./server.ts";
import type { Instant, Milliseconds } from "./time.ts";

export interface Observation {
  readonly inventory: Inventory;
  readonly catalog: Catalog | null;
  readonly quota: Quota | null;
  readonly ports: Taken<readonly Port[]> | null;
  readonly floatingIps: FloatingIpSightings | null;
  /** The images of this installation. */
  readonly images: ImageSightings | null;
  /** Why the last observation failed, since when it has been failing; null: it worked. */
  readonly failure: { readonly message: string; readonly since: Instant } | null;
  /** A refusal that concerns the whole provider: no server is asked for before `until`. */
  readonly refusal: Refusal | null;
  /** Why nothing is created, deleted or handed out there; null: nothing stands against it. */
  readonly frozen: string | null;
}

/** What changes seldom: taken once, again when it is old or a request says that it is wrong. */
export interface Catalog {
  readonly takenAt: Instant;
  readonly flavors: readonly Flavor[];
  readonly networks: readonly Network[];
  /** The newest active image for each `base-image` that the configuration names; null: there is none. */
  readonly images: ReadonlyMap<string, CloudImage | null>;
}

export interface Taken<Value> {
  readonly takenAt: Instant;
  readonly value: Value;
}

export interface FloatingIpSightings extends Taken<readonly FloatingIp[]> {
  /** Since which listing each has been there in the same use, by id. */
  readonly since: ReadonlyMap<string, Instant>;
}

/** How long, by listings, a floating IP has been there in the same use. */
export function unchangedFor(sightings: FloatingIpSightings | null, id: string): Milliseconds {
  return sightings === null ? 0 : sightings.takenAt - (sightings.since.get(id) ?? sightings.takenAt);
}

export interface ImageSightings extends Taken<readonly CloudImage[]> {
  /** The listing before that one; null: there was none. */
  readonly before: { readonly takenAt: Instant; readonly ids: ReadonlySet<string> } | null;
}

/** Whether two listings in a row, both begun at `since` or later, had no trace of the image. */
export function isImageAbsent(sightings: ImageSightings | null, id: string, since: Instant): boolean {
  const before = sightings?.before ?? null;
  if (sightings === null || before === null || before.takenAt < since) return false;
  return !before.ids.has(id) && !sightings.value.some((image) => image.id === id);
}

export interface Refusal {
  readonly message: string;
  readonly kind: "quota" | "capacity" | "rateLimited" | "unauthorized" | "unavailable" | "timeout";
  /** Refusals in a row. */
  readonly count: number;
  readonly until: Instant;
}
