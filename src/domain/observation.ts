/**
 * The facts about one provider's cloud, as last seen. Whatever may be out of date says when it was taken; null
 * means never seen, and nothing is concluded from it.
 */
import { countTexts } from "./count_text.ts";
import type { CloudErrorKind } from "./cloud_error_kind.ts";
import type { Inventory } from "./inventory.ts";
import type { CloudImage, Flavor, FloatingIp, Network, Port, Quota } from "./server.ts";
import { type Instant, type Milliseconds, type Moment, timeOfDay } from "./time.ts";

export interface Observation {
  readonly inventory: Inventory;
  readonly catalog: Catalog;
  readonly quota: Quota | null;
  readonly ports: Taken<readonly Port[]> | null;
  readonly floatingIps: FloatingIpSightings | null;
  /** The images of this installation. */
  readonly images: ImageSightings | null;
  /** Things of the pool that complete listings omit; null: they show everything. */
  readonly missing: Missing | null;
  /** Why the servers could not be listed the last time, since when; null: they could. */
  readonly failure: Failure | null;
  /** The looks that failed the last time, servers included. */
  readonly troubles: ReadonlyMap<LookName, Failure>;
  /** A refusal that concerns the whole provider: no server is asked for before `until`. */
  readonly refusal: LaunchRefusal | null;
  /** Why nothing is created, deleted or handed out there; null: nothing stands against it. */
  readonly frozen: string | null;
}

export interface Failure {
  readonly message: string;
  readonly since: Instant;
  /** Left out: it was no answer of the cloud. */
  readonly kind?: CloudErrorKind | undefined;
  /** Whether the cloud took us for nobody (401): that says nothing of what was asked for. */
  readonly isUnauthenticated?: boolean;
  /** When it is tried again; null or left out: it is being tried, or that is not known. */
  readonly retryAt?: Instant | null;
}

/**
 * The looks at a provider's cloud, each by itself: one that fails or hangs stops no other. In words: what it shows.
 */
export const LOOKS = {
  "servers": "servers",
  "flavors": "flavors",
  "networks": "networks",
  "base-images": "base images",
  "quota": "compute quota",
  "network-quota": "network quota",
  "ports": "ports",
  "floating-ips": "floating IPs",
  "images": "images of this pool",
} as const;

export type LookName = keyof typeof LOOKS;

/** A look whose last result is not as new as it should be. */
export interface StaleLook extends Failure {
  readonly look: LookName;
  /** When it is tried again; null: it is being tried. */
  readonly retryAt: Instant | null;
  /** The time of the last answer; null: no answer yet. */
  readonly takenAt: Instant | null;
}

/** In words, after the name of the provider: what is stale, since when, why, and when it is tried again. */
export function describeStale({ look, message, since, retryAt }: StaleLook, moment: Moment): string {
  const verb = look === "quota" || look === "network-quota" ? "read" : "list";
  const next = retryAt === null ? "trying again now" : `trying again at ${timeOfDay(retryAt, moment)}`;
  return `failing to ${verb} its ${LOOKS[look]} since ${timeOfDay(since, moment)}: ${message}; ${next}`;
}

/** The part that changes seldom: taken once, again when it is old or a request says that it is wrong. */
export interface Catalog {
  /** null, as for the networks: not listed yet. */
  readonly flavors: readonly Flavor[] | null;
  readonly networks: readonly Network[] | null;
  /**
   * The newest active image for each `base-image` that the configuration names; null: no such image. One that is
   * missing has not been looked up yet.
   */
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

/** `value`: the images of the newest listing, and those that a look of their own showed. */
export interface ImageSightings extends Taken<readonly CloudImage[]> {
  /** Ids that the cloud knew nothing of when it was asked for them. */
  readonly gone: ReadonlySet<string>;
  /** The listing before that one; null: there was none. */
  readonly before: { readonly takenAt: Instant; readonly ids: ReadonlySet<string> } | null;
}

/** Things that records name and complete listings omit, while the cloud has not said that they are gone. */
export interface Missing {
  readonly servers: number;
  readonly images: number;
  /** Of both, those that were found when the cloud was asked for them one by one. */
  readonly found: number;
  readonly since: Instant;
  /** Too much is missing at once to be gone, or some of it was found: nothing is concluded from the listings. */
  readonly isDoubtful: boolean;
  /** Much is being looked up at this moment: how much room there is will be known soon. */
  readonly isLooking: boolean;
}

/** In words, after the name of the provider. */
export function describeMissing({ servers, images, found }: Missing): string {
  const things = countTexts({ server: servers, image: images });
  const isOnlyOne = servers + images === 1;
  const still = found === 0 ? "" : isOnlyOne ? ", which still exists" : `, ${found} of which still exist`;
  return `its listings are unreliable: they omit ${things} of the pool${still}; each counts as there ` +
    "until the cloud reports it gone";
}

/** Whether a refusal holds for a server of that flavor, too; null: it is not known which. */
export function concerns({ size }: LaunchRefusal, flavor: Pick<Flavor, "vcpus" | "ramMib"> | null): boolean {
  return size === null || flavor === null || (flavor.vcpus >= size.vcpus && flavor.ramMib >= size.ramMib);
}

export interface LaunchRefusal {
  readonly message: string;
  readonly kind: "quota" | "capacity" | "rateLimited" | "unauthorized" | "unavailable" | "timeout";
  /** The flavor for which there was no room: what is smaller may have some. null: it concerns any server. */
  readonly size: Pick<Flavor, "vcpus" | "ramMib"> | null;
  /** Refusals in a row. */
  readonly count: number;
  readonly until: Instant;
}
