/**
 * The offer of a provider to a label at this moment: a flavor, an image and networks to boot with, or the reason why
 * it offers nothing.
 */
import type { Config, LabelConfig, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import { isMade } from "../domain/config.ts";
import { filesOfNode } from "../domain/local_files.ts";
import {
  type Catalog,
  concerns,
  type Failure,
  type LaunchRefusal,
  type Observation,
} from "../domain/observation.ts";
import { isObstacle, type Obstacle, obstacleOfPause } from "../domain/obstacle.ts";
import type { CloudImage, Flavor } from "../domain/server.ts";
import type { Instant } from "../domain/time.ts";
import { obstacleOfBaseImage } from "../domain/base_image.ts";
import type { NodeCounts } from "./count_nodes.ts";
import { chooseFlavor, whyNoFlavor } from "./choose_flavor.ts";
import { chooseNetworks, isUnclear } from "./choose_networks.ts";
import { planFloatingIps } from "./floating_ip_plan.ts";
import type { CurrentImages } from "../domain/current_images.ts";
import { isProbing } from "./launch_pause.ts";
import type { PoolInput } from "./pool_plan.ts";

export interface LaunchOffer {
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
  readonly flavor: Flavor;
  /** The image to boot, as the cloud knows it. */
  readonly imageId: string;
  /** Of an image that was made here; left out: it was not. */
  readonly imageVersion?: number | undefined;
  /** How many floating IPs its server will have, as far as that can be foreseen. */
  readonly floatingIps: number;
}

/** The situation of a provider for any server, whatever it is for. */
interface ProviderSituation {
  readonly now: Instant;
  readonly seen: Observation | undefined;
  /** Whether the provider is being asked for a server already. */
  readonly asking: boolean;
}

export interface OfferSituation extends ProviderSituation, Pick<PoolInput, "faults"> {
  readonly pause: LaunchPause | undefined;
  /** Nodes of the label that the provider is building. */
  readonly building: number;
  /** The newest ready ones, of the images that are made here. */
  readonly current: CurrentImages;
  /** The order for an image and its attempts; `provider` null: for a diskimage. Left out: no orders. */
  readonly order?: (provider: string | null, image: string) => ImageOrder | null;
  readonly config: Pick<Config, "scriptDir">;
}

/** The offer, or why the provider makes no offer. */
export function findOffer(
  label: LabelConfig,
  provider: ProviderConfig,
  situation: OfferSituation,
): LaunchOffer | Obstacle {
  const open = listedCatalog(provider, situation);
  if (isObstacle(open)) return open;
  const offer = offerOf(label, provider, { ...situation, open });
  const flavor = isObstacle(offer) ? null : offer.flavor;
  return whyRefused(situation, flavor) ?? offer;
}

type PoolSituation =
  & Omit<OfferSituation, "pause" | "seen" | "building" | "asking">
  & Pick<PoolInput, "pauses" | "seen">
  & { readonly counts: NodeCounts };

/**
 * The same for the pool as it is. `alone`: why launches of the label go ahead one at a time there; null: they do not.
 * `failing`: the same where that is since the last ones failed.
 */
export function offerAt(
  label: LabelConfig,
  provider: ProviderConfig,
  { pauses, seen, counts, ...situation }: PoolSituation,
) {
  const { name } = provider;
  const pause = pauses.find((one) => one.provider === name && one.label === label.name);
  const there = { ...situation, seen: seen.get(name), asking: counts.isAsked(name) };
  const offer = findOffer(label, provider, {
    ...there,
    pause,
    building: counts.label(label.name).launchingByProvider.get(name) ?? 0,
  });
  const failing = pause !== undefined && isProbing(pause, provider.launchRetries)
    ? { ...obstacleOfPause(pause, situation.now), kind: "probing" as const }
    : null;
  return { offer, failing, alone: failing ?? whyRefused({ ...there, asking: true }, null) };
}

function offerOf(
  label: LabelConfig,
  provider: ProviderConfig,
  { open, ...situation }: OfferSituation & { open: OpenCatalog },
): LaunchOffer | Obstacle {
  const { pause, current } = situation;
  const paused = pause === undefined ? null : whyPaused(pause, { ...situation, provider });
  if (paused !== null) return paused;
  const image = provider.images.find(({ name }) => name === label.image);
  if (image === undefined) return { kind: "image-not-configured", image: label.image };
  const fault = firstFault(filesOfNode(label, image, situation.config), situation.faults);
  if (fault !== null) return fault;
  if (!isMade(image)) return offerBaseImage(provider, image, open);
  const newest = current(provider.name, image.name);
  if (newest === null) return whyNotMade(provider, image, situation);
  return offerMadeImage(
    { provider, image, imageId: newest.externalId, imageVersion: newest.version },
    { catalog: open, seen: situation.seen },
  );
}

function whyNotMade(
  provider: ProviderConfig,
  image: ProviderImageConfig,
  { order = () => null }: Pick<OfferSituation, "order">,
): Obstacle {
  const build = image.diskimage === null ? null : order(null, image.diskimage);
  const failed = [order(provider.name, image.name), build].find((one) => (one?.failures ?? 0) > 0);
  return {
    kind: "image-not-made",
    image: image.name,
    diskimage: failed === build ? image.diskimage : null,
    failures: failed?.failures ?? 0,
    lastError: failed?.lastError ?? null,
    until: failed?.until ?? null,
  };
}

/** Why a server that needs the files would be booted for nothing; null: they are as they should be. */
export function firstFault(
  files: readonly string[],
  faults: ReadonlyMap<string, string> = new Map(),
): Obstacle | null {
  const message = files.map((path) => faults.get(path)).find((fault) => fault !== undefined);
  return message === undefined ? null : { kind: "local-file", message };
}

/** The boot source of an image that is on the cloud as it is, or why it has none. */
export function offerBaseImage(
  provider: ProviderConfig,
  image: ProviderImageConfig,
  catalog: OpenCatalog,
): LaunchOffer | Obstacle {
  const wanted = image.baseImage ?? "";
  const obstacle = obstacleOfBaseImage(wanted, catalog.images);
  if (obstacle !== null) return obstacle;
  const source = catalog.images.get(wanted) ?? null;
  return fitCatalog({ provider, image, imageId: source?.id ?? wanted }, { catalog, source });
}

/** The boot source of an image that was made here, or why it has none. */
export function offerMadeImage(
  wish: BootWish,
  { catalog, seen }: { catalog: OpenCatalog; seen: Observation | undefined },
): LaunchOffer | Obstacle {
  const source = seen?.images?.value.find(({ id }) => id === wish.imageId) ?? null;
  return fitCatalog(wish, { catalog, source });
}

type BootWish = Omit<LaunchOffer, "flavor" | "floatingIps">;

/** A catalog that servers can be chosen from. */
interface OpenCatalog extends Catalog {
  readonly flavors: readonly Flavor[];
}

/** The catalog of a provider that takes requests for servers, or why it takes none. */
export function openCatalog(provider: ProviderConfig, situation: ProviderSituation): OpenCatalog | Obstacle {
  const catalog = listedCatalog(provider, situation);
  return isObstacle(catalog) ? catalog : whyRefused(situation, null) ?? catalog;
}

function listedCatalog(provider: ProviderConfig, { seen }: ProviderSituation): OpenCatalog | Obstacle {
  if (provider.maxServers < 0) return { kind: "retired" };
  if (seen === undefined) return { kind: "not-contacted" };
  if (seen.failure !== null) return whyUnreachable(seen.failure);
  const { flavors } = seen.catalog;
  if (flavors === null || seen.inventory.completeAt === null) {
    return { kind: "not-listed", message: seen.troubles.get("flavors")?.message ?? null };
  }
  if (seen.frozen !== null) return { kind: "frozen", message: seen.frozen };
  if (seen.missing?.isLooking) return { kind: "checking" };
  return { ...seen.catalog, flavors };
}

function whyUnreachable({ kind, message, since, retryAt: until = null }: Failure): Obstacle {
  return { kind: kind === "unauthorized" ? "unauthorized" : "unreachable", message, since, until };
}

/** Why a server of the flavor is not asked for after one was refused; null: it can be. */
function whyRefused({ seen, now, asking }: ProviderSituation, flavor: Flavor | null): Obstacle | null {
  const refusal = seen?.refusal ?? null;
  if (refusal === null || !concerns(refusal, flavor)) return null;
  const { kind, message, count, until } = refusal;
  if (until <= now && !asking) return null;
  return { kind: REFUSALS[kind], message, count, until: until > now ? until : null };
}

const REFUSALS = {
  quota: "quota-refused",
  capacity: "no-capacity",
  rateLimited: "rate-limited",
  unauthorized: "forbidden",
  unavailable: "no-answer",
  timeout: "no-answer",
} as const satisfies Record<LaunchRefusal["kind"], Obstacle["kind"]>;

/**
 * Completes an offer with a flavor, where the cloud has all that is needed.
 * @param on `source`: what is booted; null: it is not listed yet
 */
function fitCatalog(
  wish: BootWish,
  { catalog, source }: { catalog: OpenCatalog; source: CloudImage | null },
): LaunchOffer | Obstacle {
  if (source !== null && source.status !== "active") {
    return { kind: "image-inactive", image: source.name, status: source.status };
  }
  const flavor = chooseFlavor(wish.image, catalog.flavors, source);
  if (flavor === null) return whyNoFlavor(wish.image, catalog.flavors, source);
  const networks = chooseNetworks(wish.provider, catalog);
  if (isUnclear(networks)) {
    if (catalog.networks === null) return { kind: "networks-not-listed" };
    const known = catalog.networks.map(({ name }) => name);
    return { kind: "network-missing", message: networks.message, wanted: networks.wanted, known };
  }
  const { use } = planFloatingIps(wish.provider, catalog.networks);
  if (catalog.networks === null && use !== "no") return { kind: "networks-not-listed" };
  return { ...wish, flavor, floatingIps: use === "yes" ? 1 : 0 };
}

function whyPaused(
  pause: LaunchPause,
  { provider, building, now }: { provider: ProviderConfig; building: number; now: Instant },
): Obstacle | null {
  const paused = obstacleOfPause(pause, now);
  if (paused.until !== null) return paused;
  return isProbing(pause, provider.launchRetries) && building > 0 ? { ...paused, kind: "probing" } : null;
}
