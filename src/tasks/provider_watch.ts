/**
 * Keeps what is known of one provider's cloud fresh. All that waits for something on the cloud shares these
 * listings: their number depends on time, never on how many nodes there are. Each look has its own age, failure and
 * pause (`looks.ts`), so that a service that is down or hangs stops only what needs it. Each run asks for what is due
 * and says when to run next; the daemon has one such task for each provider, so that a slow one delays no other.
 */
import type { Cloud } from "../cloud/cloud.ts";
import { type CloudError, isRefusal } from "../domain/cloud_error.ts";
import { ChangeStamps } from "../domain/change_stamps.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { Place } from "../domain/home.ts";
import { ImageInventory } from "../domain/image_inventory.ts";
import { Inventory } from "../domain/inventory.ts";
import type { Lineage } from "../domain/lineage.ts";
import {
  type Catalog,
  type FloatingIpSightings,
  type LookName,
  LOOKS,
  type Observation,
  type StaleLook,
  type Taken,
} from "../domain/observation.ts";
import type {
  CloudAhead,
  CloudImage,
  ComputeQuota,
  Flavor,
  FloatingIp,
  Network,
  NetworkQuota,
  Port,
  Quota,
  ServerListing,
} from "../domain/server.ts";
import { HOUR, type Instant, type Milliseconds, MINUTE } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { endsInTime } from "../lib/deadline.ts";
import type { Deletions } from "../execute/deletions.ts";
import type { ProviderAccess } from "../execute/execute_action.ts";
import { chooseFlavor } from "../plan/choose_flavor.ts";
import { chooseNetworks, isUnclear } from "../plan/choose_networks.ts";
import { LISTING_SETTLE } from "../plan/node_step.ts";
import { AbsenceProofs } from "./absence_proofs.ts";
import { LaunchRefusals } from "./launch_refusals.ts";
import type { Expected } from "./list_expected.ts";
import { Looks, SLOW } from "./looks.ts";
import type { WatchNeeds } from "./watch_needs.ts";

const CATALOG_AGE = HOUR;
const PAGE = 1000;
/** Clouds tell times in whole seconds that have begun. */
const CLOUD_SECOND = 1_000;
/** A quota that cannot be read again holds no launch back for longer: others' use, and our own, has changed by then. */
const STALE_QUOTA_AGE = MINUTE;

interface ProviderWatchDeps {
  readonly provider: ProviderConfig;
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  readonly clock: Clock;
  readonly installation: string;
  /** Of the state; left out: whatever carries the installation's mark is its own. */
  readonly lineage?: Lineage;
  /** The looks that the pool needs now. */
  readonly needs: () => WatchNeeds;
  /** The things that records name on the provider. */
  readonly expected: () => readonly Expected[];
  /** Why a listing is of another place than the pool's servers are in, for people; left out: there is only one. */
  readonly whyElsewhere?: (place: Place | null) => Promise<string | null>;
  /** For how long a run waits for answers; what comes later is told by `onLate`. */
  readonly patience?: Milliseconds;
  /** A look that its run did not wait for has ended. */
  readonly onLate?: () => void;
}

/** The results of the looks, but for what inventories keep. */
interface Known {
  flavors?: Taken<readonly Flavor[]>;
  networks?: Taken<readonly Network[]>;
  "base-images"?: Taken<ReadonlyMap<string, CloudImage | null>>;
  quota?: ComputeQuota;
  "network-quota"?: NetworkQuota;
  ports?: Taken<readonly Port[]>;
  "floating-ips"?: FloatingIpSightings;
}

export class ProviderWatch implements ProviderAccess {
  readonly cloud: Cloud;
  readonly deletions: Deletions;
  /** As configured now; what its connection depends on never changes. */
  provider: ProviderConfig;
  /** Why nothing is created, deleted or handed out there; null: nothing stands against it. */
  frozen: string | null = null;
  /** Why nothing that its cloud says of the pool's things counts, such as that they are gone; null: all does. */
  elsewhere: string | null = null;
  /** The proofs about things that the listings omit. */
  readonly absence: AbsenceProofs;
  /** Whether it has been asked all that is needed, with whatever result. */
  asked = false;
  readonly #deps: ProviderWatchDeps;
  readonly #clock: Clock;
  readonly #inventory: Inventory;
  readonly #stamps = new ChangeStamps();
  readonly #looks: Looks;
  readonly #refusals: LaunchRefusals;
  /** How far the cloud's clock was ahead of ours at the newest listing that told. */
  cloudAhead: CloudAhead | null = null;
  /** When servers were last asked for. */
  #serversAskedAt: Instant = -Infinity;
  readonly #known: Known = {};
  readonly #images = new ImageInventory();
  /** The looks that a request found to be wrong, or that showed a part only: they are repeated soon. */
  readonly #doubted = new Set<LookName>();
  /** Resolves when the needs may have changed. */
  #planned = Promise.withResolvers<void>();

  constructor(deps: ProviderWatchDeps) {
    const { provider, cloud, deletions, clock, installation, lineage, expected } = deps;
    this.#deps = deps;
    this.provider = provider;
    this.cloud = cloud;
    this.deletions = deletions;
    this.#clock = clock;
    this.#looks = new Looks(clock);
    this.#refusals = new LaunchRefusals(clock);
    this.#inventory = new Inventory(installation, provider.name, lineage);
    const seen = { inventory: this.#inventory, images: this.#images };
    this.absence = new AbsenceProofs({ ...seen, cloud, clock, expected });
  }

  get observation(): Observation {
    const { troubles } = this.#looks;
    return {
      inventory: this.#inventory,
      catalog: this.#catalog,
      quota: this.#knownQuota(),
      ports: this.#known.ports ?? null,
      floatingIps: troubles.has("floating-ips") ? null : this.#known["floating-ips"] ?? null,
      images: troubles.has("images") ? null : this.#images.sightings,
      missing: this.absence.missing,
      failure: troubles.get("servers") ?? null,
      troubles,
      refusal: this.#refusals.current,
      frozen: this.frozen,
    };
  }

  /** How long a server has been as it was listed last, by the cloud's own clock; 0 where that is not known. */
  activeFor(serverId: string | null): Milliseconds {
    const since = this.#inventory.servers.get(serverId ?? "")?.updatedAt ?? null;
    if (since === null || this.cloudAhead === null) return 0;
    const { atLeast, atMost } = this.cloudAhead;
    return Math.max(0, this.#clock.now() + (atLeast + atMost) / 2 - since - CLOUD_SECOND / 2);
  }

  /** The looks that are needed and whose last answer is stale. */
  get stale(): readonly StaleLook[] {
    const stale = (Object.keys(LOOKS) as LookName[]).flatMap((look) => {
      const staleness = this.#looks.staleness(look);
      return staleness === null ? [] : [{ look, ...staleness, takenAt: this.#takenAt(look) }];
    });
    if (stale.length === 0) return [];
    const dues = this.#dues(this.#deps.needs());
    return stale.filter(({ look }) => dues[look] !== Infinity);
  }

  noteAccepted(flavorId: string): void {
    this.#refusals.noteAccepted(this.#sizeOf(flavorId));
  }

  noteRefusal(error: CloudError, flavorId: string): void {
    this.#refusals.noteRefused(error, this.#sizeOf(flavorId));
    if (error.kind === "quota") {
      for (const look of ["quota", "network-quota"] as const) delete this.#known[look];
    }
  }

  noteCatalogWrong(): void {
    for (const look of ["flavors", "networks", "base-images", "images"] as const) this.#doubted.add(look);
  }

  /** A need may be due sooner now: a run that waits for slow answers does not keep it waiting. */
  notePlan(): void {
    this.#planned.resolve();
    this.#planned = Promise.withResolvers();
  }

  /** Asks for what is due, and waits a while for the answers. @returns when to do so again */
  async observe(signal: AbortSignal): Promise<Instant> {
    await this.#lookOnce(signal);
    // What was seen first may tell what else is needed: whether floating IPs count, for instance.
    if (!this.asked) await this.#lookOnce(signal);
    this.asked = true;
    this.#looks.nextEnd?.then(() => signal.aborted || this.#deps.onLate?.());
    return this.nextDue();
  }

  /** When something is to be asked for next, as things stand. */
  nextDue(): Instant {
    const dues = Object.entries(this.#dues(this.#deps.needs())) as [LookName, Instant][];
    return Math.min(...dues.map(([look, due]) => this.#looks.notBefore(look, due)));
  }

  /** A slow answer keeps nothing waiting that is due meanwhile; only the first time all are waited for. */
  async #lookOnce(signal: AbortSignal): Promise<void> {
    const { patience = SLOW } = this.#deps;
    const end = this.#clock.now() + patience;
    this.#beginDue(signal);
    for (let next = this.#looks.nextEnd; next !== null; next = this.#looks.nextEnd) {
      const timeout = (this.asked ? Math.min(end, this.nextDue()) : end) - this.#clock.now();
      if (timeout <= 0) break;
      await endsInTime(Promise.race([next, this.#planned.promise]), { clock: this.#clock, timeout, signal });
    }
    signal.throwIfAborted();
  }

  #beginDue(signal: AbortSignal): void {
    const needs = this.#deps.needs();
    const dues = this.#dues(needs);
    if (!needs.floatingIps) delete this.#known["network-quota"];
    const asks = this.#asks(needs, signal);
    for (const look of Object.keys(LOOKS) as LookName[]) {
      const ask = () => asks[look]().then(() => void this.#doubted.delete(look));
      this.#looks.begin(look, { due: dues[look], ask, signal });
    }
  }

  #asks(needs: WatchNeeds, signal: AbortSignal): Readonly<Record<LookName, () => Promise<void>>> {
    const [cloud, known, call] = [this.cloud, this.#known, { signal }];
    return {
      "servers": () => this.#takeServers(needs, signal),
      "flavors": async () => void (known.flavors = await this.#take(() => cloud.listFlavors(call))),
      "networks": async () => void (known.networks = await this.#take(() => this.#listNetworks(signal))),
      "base-images": () => this.#takeBaseImages(signal),
      "quota": async () => void (known.quota = await cloud.getQuota(call)),
      "network-quota": async () => void (known["network-quota"] = await cloud.getNetworkQuota(call)),
      "ports": async () => void (known.ports = await this.#take(() => cloud.listPorts(call))),
      "floating-ips": () => this.#takeFloatingIps(signal),
      "images": () => this.#takeImages(signal),
    };
  }

  /** When each look is to be taken, as far as it is needed. */
  #dues(needs: WatchNeeds): Readonly<Record<LookName, Instant>> {
    const at = (look: LookName, age: Milliseconds) => (this.#takenAt(look) ?? 0) + age;
    const age = (look: LookName, isLacking: boolean) =>
      at(look, isLacking || this.#doubted.has(look) ? needs.doubtfulCatalogAge : CATALOG_AGE);
    const lacksFlavor = this.#lacksFlavor();
    const changed = needs.pending ? this.#serversAskedAt + needs.interval : Infinity;
    return {
      "servers": Math.min(this.#completeDue(needs), changed),
      "flavors": age("flavors", lacksFlavor),
      "networks": age("networks", isUnclear(chooseNetworks(this.provider, this.#catalog))),
      "base-images": this.#baseImagesDue(needs, () => age("base-images", lacksFlavor || this.#lacksImage())),
      "quota": at("quota", needs.quotaAge),
      "network-quota": needs.floatingIps ? at("network-quota", needs.quotaAge) : Infinity,
      "ports": this.#portsDue(needs),
      "floating-ips": needs.floatingIpAge === null ? Infinity : at("floating-ips", needs.floatingIpAge),
      "images": this.#imagesDue(needs),
    };
  }

  #takenAt(look: LookName): Instant | null {
    if (look === "servers") return this.#inventory.completeAt;
    return (look === "images" ? this.#images.sightings : this.#known[look])?.takenAt ?? null;
  }

  get #catalog(): Catalog {
    return {
      flavors: this.#known.flavors?.value ?? null,
      networks: this.#known.networks?.value ?? null,
      images: this.#known["base-images"]?.value ?? NO_IMAGES,
    };
  }

  #knownQuota(): Quota | null {
    const known = (["quota", "network-quota"] as const).flatMap((look) => this.#recentQuota(look) ?? []);
    if (known.length === 0) return null;
    const takenAt = Math.min(...known.map((quota) => quota.takenAt));
    const untold = known.flatMap((quota) => quota.untold);
    return Object.assign({ ...NO_QUOTA }, ...known, { takenAt, untold });
  }

  #recentQuota(look: "quota" | "network-quota"): ComputeQuota | NetworkQuota | undefined {
    const quota = this.#known[look];
    if (quota === undefined || this.#clock.now() - quota.takenAt <= STALE_QUOTA_AGE) return quota;
    return this.#looks.staleness(look) === null ? quota : undefined;
  }

  async #takeServers(needs: WatchNeeds, signal: AbortSignal): Promise<void> {
    this.#serversAskedAt = this.#clock.now();
    if (this.#completeDue(needs) <= this.#serversAskedAt) await this.#listAll(signal);
    else await this.#applyDelta(signal);
  }

  /**
   * A server that the listing omits may have been deleted since the one before: then the changes say so of all at
   * once.
   */
  async #listAll(signal: AbortSignal): Promise<void> {
    const before = this.#inventory.completeAt === null ? null : this.#stamps.since;
    await this.#apply(await this.cloud.listServers({ signal }));
    if (before !== null && this.absence.isMissingAny) await this.#applyDelta(signal, before);
  }

  async #applyDelta(signal: AbortSignal, changesSince = this.#stamps.since): Promise<void> {
    await this.#apply(await this.cloud.listServers({ signal, changesSince }));
  }

  async #apply(listing: ServerListing): Promise<void> {
    this.elsewhere = await this.#deps.whyElsewhere?.(listing.place ?? null) ?? null;
    if (this.elsewhere !== null) throw new Error(this.elsewhere);
    this.#inventory.apply(listing);
    this.#stamps.note(listing);
    this.cloudAhead = listing.cloudAhead ?? this.cloudAhead;
    this.absence.survey();
  }

  /** A complete listing of one page costs what a delta costs, so small pools are listed completely more often. */
  #completeDue(needs: WatchNeeds): Instant {
    const { completeAt, servers } = this.#inventory;
    const age = servers.size < PAGE ? MINUTE : 5 * MINUTE;
    return Math.min((completeAt ?? 0) + age, this.#completeAwaited(needs));
  }

  /** When a complete listing is to begin that somebody waits for: another one soon where the first showed nothing at all. */
  #completeAwaited({ completeSince }: WatchNeeds): Instant {
    if (completeSince === null) return Infinity;
    const { completeAt, servers } = this.#inventory;
    if (completeAt === null || completeAt < completeSince) return completeSince;
    const isEmpty = servers.size === 0 && !this.#inventory.sawAllSince(completeSince);
    return isEmpty ? completeAt + LISTING_SETTLE : Infinity;
  }

  #baseImagesDue({ baseImages }: WatchNeeds, due: () => Instant): Instant {
    if (baseImages.length === 0) return Infinity;
    return baseImages.some((name) => !this.#catalog.images.has(name)) ? 0 : due();
  }

  #portsDue({ portsSince }: WatchNeeds): Instant {
    return portsSince === null || (this.#takenAt("ports") ?? -Infinity) >= portsSince ? Infinity : portsSince;
  }

  /** When our images are to be listed next. */
  #imagesDue({ imageAge, imagesSince, doubtfulCatalogAge }: WatchNeeds): Instant {
    if (imageAge === null) return Infinity;
    const takenAt = this.#takenAt("images") ?? -Infinity;
    const age = this.#doubted.has("images") ? Math.min(imageAge, doubtfulCatalogAge) : imageAge;
    const awaited = imagesSince !== null && takenAt < imagesSince ? imagesSince : Infinity;
    return Math.min(takenAt + age, awaited);
  }

  /** Whether the configuration names what the cloud does not have, as for images: somebody may be about to make it. */
  #lacksFlavor(): boolean {
    const { flavors, images } = this.#catalog;
    return this.provider.images.some((image) =>
      chooseFlavor(image, flavors ?? [], images.get(image.baseImage ?? "") ?? null) === null
    );
  }

  #lacksImage(): boolean {
    return [...this.#catalog.images.values()].some((image) => image === null || !isActive(image));
  }

  /** Nova chooses a network by itself where none is named: a cloud may have no Neutron, or keep its networks back. */
  async #listNetworks(signal: AbortSignal): Promise<readonly Network[]> {
    const { networks, pool } = this.provider;
    try {
      return await this.cloud.listNetworks({ signal });
    } catch (error) {
      const isDown = !isRefusal(error) || error.kind === "unavailable";
      if (networks.length > 0 || pool !== null || isDown) throw error;
      return [];
    }
  }

  /** Each by itself: one that cannot be looked up stays as it was. @throws its failure, once all have ended */
  async #takeBaseImages(signal: AbortSignal): Promise<void> {
    const { baseImages } = this.#deps.needs();
    const takenAt = this.#clock.now();
    const take = async (name: string) => {
      const found = await this.cloud.findImages(name, { signal });
      const image = found.find(isActive) ?? found[0] ?? null;
      const others = [...this.#catalog.images].filter(([other]) => baseImages.includes(other));
      this.#known["base-images"] = { takenAt, value: new Map([...others, [name, image]]) };
    };
    for (const answer of await Promise.allSettled(baseImages.map(take))) {
      if (answer.status === "fulfilled") continue;
      this.#doubted.add("base-images");
      throw answer.reason;
    }
  }

  async #takeImages(signal: AbortSignal): Promise<void> {
    const { installation } = this.#inventory;
    this.#images.apply(await this.#take(() => this.cloud.listOwnImages(installation, { signal })));
    this.absence.survey();
  }

  async #takeFloatingIps(signal: AbortSignal): Promise<void> {
    const known = this.#known["floating-ips"];
    const before = new Map(known?.value.map((ip) => [ip.id, use(ip)]));
    const taken = await this.#take(() => this.cloud.listFloatingIps({ signal }));
    const since = new Map(taken.value.map((ip) => {
      const first = before.get(ip.id) === use(ip) ? known?.since.get(ip.id) : undefined;
      return [ip.id, first ?? taken.takenAt];
    }));
    this.#known["floating-ips"] = { ...taken, since };
  }

  async #take<Value>(ask: () => Promise<Value>): Promise<Taken<Value>> {
    const takenAt = this.#clock.now();
    return { takenAt, value: await ask() };
  }

  #sizeOf(flavorId: string): Flavor | null {
    return this.#known.flavors?.value.find(({ id }) => id === flavorId) ?? null;
  }
}

const NO_IMAGES: Catalog["images"] = new Map();
const NO_QUOTA = { instances: null, cores: null, ramMib: null, floatingIps: null, ports: null };

function isActive({ status }: CloudImage): boolean {
  return status === "active";
}

function use({ portId, description }: FloatingIp): string {
  return `${portId ?? ""} ${description}`;
}
