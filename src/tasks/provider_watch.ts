/**
 * Keeps what is known of one provider's cloud fresh. All that waits for something on the cloud shares these
 * listings: their number depends on time, never on how many nodes there are. Each run asks for what is due and
 * says when to run next; the daemon has one such task for each provider, so that a slow one delays no other.
 */
import type { Cloud } from "../cloud/cloud.ts";
import type { CloudError } from "../cloud/cloud_error.ts";
import { isRefusal } from "../cloud/is_refusal.ts";
import { pauseAfter } from "../cloud/pause_after.ts";
import { ChangeStamps } from "../domain/change_stamps.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { Place } from "../domain/home.ts";
import { ImageInventory } from "../domain/image_inventory.ts";
import { Inventory } from "../domain/inventory.ts";
import type { Lineage } from "../domain/lineage.ts";
import {
  type Catalog,
  concerns,
  type Failure,
  type FloatingIpSightings,
  type Observation,
  type Refusal,
  type Taken,
} from "../domain/observation.ts";
import type {
  CloudAhead,
  CloudImage,
  Flavor,
  FloatingIp,
  Port,
  Quota,
  ServerListing,
} from "../domain/server.ts";
import { HOUR, type Instant, MINUTE, SECOND } from "../domain/time.ts";
import { backoff } from "../domain/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Deletions } from "../execute/deletions.ts";
import type { ProviderAccess } from "../execute/executor.ts";
import { chooseFlavor } from "../plan/choose_flavor.ts";
import { chooseNetworks, isUnclear } from "../plan/choose_networks.ts";
import { LISTING_SETTLE } from "../plan/node_step.ts";
import { AbsenceProofs } from "./absence_proofs.ts";
import { OptionalLooks } from "./optional_looks.ts";
import type { Expected } from "./list_expected.ts";
import type { WatchNeeds } from "./watch_needs.ts";

const CATALOG_AGE = HOUR;
const PAGE = 1000;
/** A refusal for want of room may last; one for want of an answer seldom does. */
const REFUSAL_PAUSES = { quota: 5 * SECOND, capacity: 5 * SECOND, unauthorized: 15 * SECOND, other: SECOND };
const LONGEST_REFUSAL = MINUTE;
const LONGEST_FAILURE = MINUTE;

interface ProviderWatchMeans {
  readonly provider: ProviderConfig;
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  readonly clock: Clock;
  readonly installation: string;
  /** Of the state; left out: whatever carries the installation's mark is its own. */
  readonly lineage?: Lineage;
  /** What the pool needs to know now. */
  readonly needs: () => WatchNeeds;
  /** What records name on the provider. */
  readonly expected: () => readonly Expected[];
  /** Throws where a listing is of another place than the pool's servers are in; left out: there is only one. */
  readonly confirmPlace?: (place: Place | null) => Promise<void>;
}

export class ProviderWatch implements ProviderAccess {
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  /** As configured now; what its connection depends on never changes. */
  provider: ProviderConfig;
  /** Why nothing is created, deleted or handed out there; null: nothing stands against it. */
  frozen: string | null = null;
  /** What becomes of that which the listings leave out. */
  readonly absence: AbsenceProofs;
  readonly #clock: Clock;
  readonly #needs: () => WatchNeeds;
  readonly #confirmPlace: (place: Place | null) => Promise<void>;
  readonly #inventory: Inventory;
  readonly #stamps = new ChangeStamps();
  /** How far the cloud's clock was ahead of ours at the newest listing that told. */
  #cloudAhead: CloudAhead | null = null;
  #catalog: Catalog | null = null;
  #catalogDoubted = false;
  #quota: Quota | null = null;
  #ports: Taken<readonly Port[]> | null = null;
  #floatingIps: FloatingIpSightings | null = null;
  readonly #images = new ImageInventory();
  /** A request found an image wanting: ours are to be listed soon. */
  #imagesDoubted = false;
  /** When it was last asked for anything. */
  #lookedAt: Instant = 0;
  #failure: Failure | null = null;
  readonly #optional: OptionalLooks;
  #failures = 0;
  /** After a failure: not before then is anything asked for. */
  #retryAt: Instant = 0;
  #refusal: Refusal | null = null;

  constructor(
    { provider, cloud, deletions, clock, installation, lineage, needs, expected, ...means }:
      ProviderWatchMeans,
  ) {
    this.provider = provider;
    this.cloud = cloud;
    this.deletions = deletions;
    this.#clock = clock;
    this.#optional = new OptionalLooks(clock);
    this.#needs = needs;
    this.#confirmPlace = means.confirmPlace ?? (() => Promise.resolve());
    this.#inventory = new Inventory(installation, provider.name, lineage);
    const seen = { inventory: this.#inventory, images: this.#images };
    this.absence = new AbsenceProofs({ ...seen, cloud, clock, expected });
  }

  get observation(): Observation {
    return {
      inventory: this.#inventory,
      catalog: this.#catalog,
      quota: this.#quota,
      ports: this.#ports,
      floatingIps: this.#optional.troubles.has("floating-ips") ? null : this.#floatingIps,
      images: this.#optional.troubles.has("images") ? null : this.#images.sightings,
      missing: this.absence.missing,
      failure: this.#failure,
      troubles: this.#optional.troubles,
      refusal: this.#refusal,
      frozen: this.frozen,
    };
  }

  get cloudAhead(): CloudAhead | null {
    return this.#cloudAhead;
  }

  /** Whether it has been asked at all, with whatever result. */
  get asked(): boolean {
    return this.#failure !== null || this.#inventory.completeAt !== null;
  }

  noteAccepted(flavorId: string): void {
    if (this.#refusal !== null && concerns(this.#refusal, this.#sizeOf(flavorId))) this.#refusal = null;
  }

  noteRefusal(error: CloudError, flavorId: string): void {
    const { kind, message } = error;
    // Requests that were under way when the cloud refused one tell nothing new.
    const isSameWave = this.#refusal !== null && this.#clock.now() < this.#refusal.until;
    const count = (this.#refusal?.count ?? 0) + (isSameWave ? 0 : 1);
    const known = kind as Refusal["kind"];
    const base = REFUSAL_PAUSES[kind as keyof typeof REFUSAL_PAUSES] ?? REFUSAL_PAUSES.other;
    const pause = pauseAfter(error, backoff({ failures: count, base, max: LONGEST_REFUSAL }));
    const flavor = kind === "quota" || kind === "capacity" ? this.#sizeOf(flavorId) : null;
    // That a larger one is refused as well leaves no more room for the smaller.
    const size = isSameWave && concerns(this.#refusal!, flavor) ? this.#refusal!.size : flavor;
    this.#refusal = { message, kind: known, size, count, until: this.#clock.now() + pause };
    if (kind === "quota") this.#quota = null;
  }

  #sizeOf(flavorId: string): Flavor | null {
    return this.#catalog?.flavors.find(({ id }) => id === flavorId) ?? null;
  }

  noteCatalogWrong(): void {
    this.#catalogDoubted = true;
    this.#imagesDoubted = true;
  }

  /** Asks for what is due. @returns when to do so again */
  async observe(signal: AbortSignal): Promise<Instant> {
    const startedAt = this.#clock.now();
    try {
      await this.#refresh(signal);
      this.#failure = null;
      this.#failures = 0;
    } catch (error) {
      signal.throwIfAborted();
      this.#failures++;
      this.#failure = { message: errorChain(error), since: this.#failure?.since ?? startedAt };
      const pause = pauseAfter(
        error,
        backoff({ failures: this.#failures, base: SECOND, max: LONGEST_FAILURE }),
      );
      this.#retryAt = this.#clock.now() + pause;
    }
    return this.nextDue();
  }

  /** When something is to be asked for next, as things stand. */
  nextDue(): Instant {
    if (this.#failure !== null) return this.#retryAt;
    const needs = this.#needs();
    const { completeAt } = this.#inventory;
    const { pending, interval, floatingIpAge } = needs;
    return Math.min(
      (completeAt ?? 0) + this.#completeAge(),
      this.#completeAwaited(needs),
      this.#optional.notBefore("catalog", (this.#catalog?.takenAt ?? 0) + this.#catalogAge(needs)),
      (this.#quota?.takenAt ?? 0) + needs.quotaAge,
      floatingIpAge === null
        ? Infinity
        : this.#optional.notBefore("floating-ips", (this.#floatingIps?.takenAt ?? 0) + floatingIpAge),
      this.#optional.notBefore("images", this.#imagesDue(needs)),
      pending ? this.#lookedAt + interval : Infinity,
    );
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const needs = this.#needs();
    this.#lookedAt = this.#clock.now();
    if (this.#isCompleteDue(needs)) await this.#listAll(signal);
    else if (needs.pending) await this.#applyDelta(signal);
    if (this.#isDue(this.#catalog, this.#catalogAge(needs))) {
      if (this.#catalog === null) await this.#takeCatalog(signal);
      else await this.#optional.take("catalog", () => this.#takeCatalog(signal), signal);
    }
    if (this.#isDue(this.#quota, needs.quotaAge)) {
      // The catalog that was just taken may have told that floating IPs count.
      this.#quota = await this.cloud.getQuota({ signal, network: this.#needs().floatingIps });
    }
    if (needs.portsSince !== null && (this.#ports?.takenAt ?? -Infinity) < needs.portsSince) {
      await this.#optional.take("ports", async () => {
        this.#ports = await this.#take((options) => this.cloud.listPorts(options), signal);
      }, signal);
    }
    if (needs.floatingIpAge !== null && this.#isDue(this.#floatingIps, needs.floatingIpAge)) {
      await this.#optional.take("floating-ips", () => this.#takeFloatingIps(signal), signal);
    }
    if (this.#imagesDue(needs) <= this.#clock.now()) {
      await this.#optional.take("images", () => this.#takeImages(signal), signal);
    }
  }

  /** What the listing leaves out may have been deleted since the one before: then the changes say so of all at once. */
  async #listAll(signal: AbortSignal): Promise<void> {
    const before = this.#inventory.completeAt === null ? null : this.#stamps.since;
    await this.#apply(await this.cloud.listServers({ signal }));
    if (before !== null && this.absence.isMissingAny) await this.#applyDelta(signal, before);
  }

  async #applyDelta(signal: AbortSignal, changesSince = this.#stamps.since): Promise<void> {
    await this.#apply(await this.cloud.listServers({ signal, changesSince }));
  }

  async #apply(listing: ServerListing): Promise<void> {
    await this.#confirmPlace(listing.place ?? null);
    this.#inventory.apply(listing);
    this.#stamps.note(listing);
    this.#cloudAhead = listing.cloudAhead ?? this.#cloudAhead;
    this.absence.survey();
  }

  /** A complete listing of one page costs what a delta costs, so small pools are listed completely more often. */
  #completeAge(): number {
    return this.#inventory.servers.size < PAGE ? MINUTE : 5 * MINUTE;
  }

  #isCompleteDue(needs: WatchNeeds): boolean {
    const { completeAt } = this.#inventory;
    const now = this.#clock.now();
    return completeAt === null || now - completeAt >= this.#completeAge() ||
      now >= this.#completeAwaited(needs);
  }

  /** When a complete listing is to begin that somebody waits for: another one soon where the first showed nothing at all. */
  #completeAwaited({ completeSince }: WatchNeeds): Instant {
    if (completeSince === null) return Infinity;
    const { completeAt, servers } = this.#inventory;
    if (completeAt === null || completeAt < completeSince) return completeSince;
    const isEmpty = servers.size === 0 && !this.#inventory.sawAllSince(completeSince);
    return isEmpty ? completeAt + LISTING_SETTLE : Infinity;
  }

  #catalogAge(needs: WatchNeeds): number {
    const catalog = this.#catalog;
    if (catalog === null || needs.baseImages.some((name) => !catalog.images.has(name))) return 0;
    return this.#catalogDoubted || lacksSomething(catalog, this.provider)
      ? needs.doubtfulCatalogAge
      : CATALOG_AGE;
  }

  async #takeCatalog(signal: AbortSignal): Promise<void> {
    const takenAt = this.#clock.now();
    const [flavors, networks] = await Promise.all([
      this.cloud.listFlavors({ signal }),
      this.#listNetworks(signal),
    ]);
    const images = await Promise.all(
      this.#needs().baseImages.map(async (name) => {
        const found = await this.cloud.findImages(name, { signal });
        return [name, found.find(isActive) ?? found[0] ?? null] as const;
      }),
    );
    this.#catalog = { takenAt, flavors, networks, images: new Map(images) };
    this.#catalogDoubted = false;
  }

  /** Nova chooses a network by itself where none is named. */
  async #listNetworks(signal: AbortSignal): Promise<Catalog["networks"]> {
    const { networks, pool } = this.provider;
    try {
      return await this.cloud.listNetworks({ signal });
    } catch (error) {
      if (networks.length > 0 || pool !== null || !isRefusal(error)) throw error;
      return [];
    }
  }

  /** When our images are to be listed next. */
  #imagesDue({ imageAge, imagesSince, doubtfulCatalogAge }: WatchNeeds): Instant {
    if (imageAge === null) return Infinity;
    const takenAt = this.#images.sightings?.takenAt ?? -Infinity;
    const age = this.#imagesDoubted ? Math.min(imageAge, doubtfulCatalogAge) : imageAge;
    const awaited = imagesSince !== null && takenAt < imagesSince ? imagesSince : Infinity;
    return Math.min(takenAt + age, awaited);
  }

  async #takeImages(signal: AbortSignal): Promise<void> {
    const { installation } = this.#inventory;
    this.#images.apply(
      await this.#take((options) => this.cloud.listOwnImages(installation, options), signal),
    );
    this.#imagesDoubted = false;
    this.absence.survey();
  }

  async #takeFloatingIps(signal: AbortSignal): Promise<void> {
    const known = this.#floatingIps;
    const before = new Map(known?.value.map((ip) => [ip.id, use(ip)]));
    const taken = await this.#take((options) => this.cloud.listFloatingIps(options), signal);
    const since = new Map(taken.value.map((ip) => {
      const first = before.get(ip.id) === use(ip) ? known?.since.get(ip.id) : undefined;
      return [ip.id, first ?? taken.takenAt];
    }));
    this.#floatingIps = { ...taken, since };
  }

  async #take<Value>(
    list: (options: { signal: AbortSignal }) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<Taken<Value>> {
    const takenAt = this.#clock.now();
    return { takenAt, value: await list({ signal }) };
  }

  #isDue(taken: { takenAt: Instant } | null, age: number): boolean {
    return taken === null || this.#clock.now() - taken.takenAt >= age;
  }
}

/** Whether the configuration names what the cloud does not have: somebody may be about to make it. */
function lacksSomething(catalog: Catalog, provider: ProviderConfig): boolean {
  return isUnclear(chooseNetworks(provider, catalog)) ||
    [...catalog.images.values()].some((image) => image === null || !isActive(image)) ||
    provider.images.some((image) => {
      const source = image.baseImage === null ? null : catalog.images.get(image.baseImage) ?? null;
      return chooseFlavor(image, catalog.flavors, source) === null;
    });
}

function isActive({ status }: CloudImage): boolean {
  return status === "active";
}

function use({ portId, description }: FloatingIp): string {
  return `${portId ?? ""} ${description}`;
}
