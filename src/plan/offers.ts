/**
 * The offer of a provider to a label at this moment: a flavor, an image and networks to boot with, or the reason why
 * it offers nothing.
 */
import { seeManual } from "../domain/see_manual.ts";
import type { Config, LabelConfig, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import { isMade } from "../domain/config.ts";
import { filesOfNode } from "../domain/local_files.ts";
import { type Catalog, concerns, type Observation } from "../domain/observation.ts";
import type { CloudImage, Flavor } from "../domain/server.ts";
import { type Moment, timeOfDay } from "../domain/time.ts";
import { isUuid } from "../domain/is_uuid.ts";
import { chooseFlavor, describeFlavorWish } from "./choose_flavor.ts";
import { chooseNetworks, isUnclear, NETWORKS_UNLISTED } from "./choose_networks.ts";
import { planFloatingIps } from "./floating_ip_plan.ts";
import type { CurrentImages } from "../domain/current_images.ts";
import { isProbing } from "./launch_pause.ts";

export interface LaunchOffer {
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
  readonly flavor: Flavor;
  /** The image to boot, as the cloud knows it. */
  readonly imageId: string;
  /** How many floating IPs its server will have, as far as that can be foreseen. */
  readonly floatingIps: number;
}

/** The situation of a provider for any server, whatever it is for. */
interface ProviderSituation extends Moment {
  readonly seen: Observation | undefined;
  /** Whether the provider is being asked for a server already. */
  readonly asking: boolean;
}

export interface OfferSituation extends ProviderSituation {
  readonly pause: LaunchPause | undefined;
  /** Nodes of the label that the provider is building. */
  readonly building: number;
  /** The newest ready ones, of the images that are made here. */
  readonly current: CurrentImages;
  /** The order for an image and its attempts; `provider` null: for a diskimage. Left out: no orders. */
  readonly order?: (provider: string | null, image: string) => ImageOrder | null;
  readonly config: Pick<Config, "scriptDir">;
  /** By path: why a file on this machine is of no use; left out: all are as they should be. */
  readonly faults?: ReadonlyMap<string, string>;
}

/** The offer, or why the provider makes no offer. */
export function findOffer(
  label: LabelConfig,
  provider: ProviderConfig,
  situation: OfferSituation,
): LaunchOffer | string {
  const open = listedCatalog(provider, situation);
  if (typeof open === "string") return open;
  const offer = offerOf(label, provider, { ...situation, open });
  const flavor = typeof offer === "string" ? null : offer.flavor;
  return whyRefused(situation, flavor) ?? offer;
}

function offerOf(
  label: LabelConfig,
  provider: ProviderConfig,
  { open, ...situation }: OfferSituation & { open: OpenCatalog },
): LaunchOffer | string {
  const { pause, now, wallOffset, current } = situation;
  const paused = pause === undefined
    ? null
    : pauseReason(pause, { now, wallOffset, provider, building: situation.building });
  if (paused !== null) return paused;
  const image = provider.images.find(({ name }) => name === label.image);
  if (image === undefined) return `the provider has no image ${label.image}`;
  const fault = firstFault(filesOfNode(label, image, situation.config), situation.faults);
  if (fault !== null) return fault;
  if (!isMade(image)) return offerBaseImage(provider, image, open);
  const newest = current(provider.name, image.name);
  if (newest === null) return `no ready image ${image.name}: ${whyNotMade(provider, image, situation)}`;
  return offerMadeImage({ provider, image, imageId: newest.externalId }, {
    catalog: open,
    seen: situation.seen,
  });
}

function whyNotMade(
  provider: ProviderConfig,
  image: ProviderImageConfig,
  { order = () => null }: Pick<OfferSituation, "order">,
): string {
  const build = image.diskimage === null ? null : order(null, image.diskimage);
  const failed = [order(provider.name, image.name), build].find((one) => (one?.failures ?? 0) > 0);
  return failed?.lastError ? `the last attempt failed: ${failed.lastError}` : "see image-list";
}

/** Why a server that needs the files would be booted in vain; null: they are as they should be. */
export function firstFault(
  files: readonly string[],
  faults: ReadonlyMap<string, string> = new Map(),
): string | null {
  return files.map((path) => faults.get(path) ?? null).find((fault) => fault !== null) ?? null;
}

/** The boot source of an image that is on the cloud as it is, or why it has none. */
export function offerBaseImage(
  provider: ProviderConfig,
  image: ProviderImageConfig,
  catalog: OpenCatalog,
): LaunchOffer | string {
  const wanted = image.baseImage ?? "";
  const found = catalog.images.get(wanted);
  if (found === null) {
    return `the cloud has no ready image ${wanted}; ${seeManual("missing-image")}`;
  }
  // While images cannot be looked up, an id is taken as it is.
  if (found === undefined && !isUuid(wanted)) return `the image ${wanted} has not been looked up yet`;
  return fitCatalog({ provider, image, imageId: found?.id ?? wanted }, { catalog, source: found ?? null });
}

/** The boot source of an image that was made here, or why it has none. */
export function offerMadeImage(
  wish: BootWish,
  { catalog, seen }: { catalog: OpenCatalog; seen: Observation | undefined },
): LaunchOffer | string {
  const source = seen?.images?.value.find(({ id }) => id === wish.imageId) ?? null;
  return fitCatalog(wish, { catalog, source });
}

type BootWish = Omit<LaunchOffer, "flavor" | "floatingIps">;

/** A catalog that servers can be chosen from. */
interface OpenCatalog extends Catalog {
  readonly flavors: readonly Flavor[];
}

/** The catalog of a provider that takes requests for servers, or why it takes none. */
export function openCatalog(provider: ProviderConfig, situation: ProviderSituation): OpenCatalog | string {
  const catalog = listedCatalog(provider, situation);
  return typeof catalog === "string" ? catalog : whyRefused(situation, null) ?? catalog;
}

function listedCatalog(provider: ProviderConfig, situation: ProviderSituation): OpenCatalog | string {
  const { seen } = situation;
  if (provider.maxServers < 0) return "retired: max-servers is -1";
  if (seen === undefined) return "not contacted yet";
  if (seen.failure !== null) {
    return `unreachable since ${timeOfDay(seen.failure.since, situation)}: ${seen.failure.message}`;
  }
  const { flavors } = seen.catalog;
  if (flavors === null || seen.inventory.completeAt === null) {
    return seen.troubles.get("flavors")?.message ?? "not fully listed yet";
  }
  if (seen.frozen !== null) return seen.frozen;
  if (seen.missing?.isLooking) return "checking what its listings omit";
  return { ...seen.catalog, flavors };
}

/** Why a server of the flavor is not asked for after one was refused; null: it can be. */
function whyRefused(situation: ProviderSituation, flavor: Flavor | null): string | null {
  const refusal = situation.seen?.refusal ?? null;
  if (refusal === null || !concerns(refusal, flavor)) return null;
  const told = refusal.kind === "capacity" || refusal.kind === "quota"
    ? `${refusal.message} (${seeManual(refusal.kind)})`
    : refusal.message;
  if (refusal.until > situation.now) {
    return `${told}; trying again at ${timeOfDay(refusal.until, situation)}`;
  }
  return situation.asking ? `${told}; trying again now` : null;
}

/**
 * Completes an offer with a flavor, where the cloud has all that is needed.
 * @param on `source`: what is booted; null: it is not listed yet
 */
function fitCatalog(
  wish: BootWish,
  { catalog, source }: { catalog: OpenCatalog; source: CloudImage | null },
): LaunchOffer | string {
  if (source !== null && source.status !== "active") {
    return `the image ${source.name} is ${source.status} on the cloud; waiting until it is active`;
  }
  const flavor = chooseFlavor(wish.image, catalog.flavors, source);
  if (flavor === null) {
    return `${describeFlavorWish(wish.image, catalog.flavors, source)}; ${seeManual("missing-flavor")}`;
  }
  const networks = chooseNetworks(wish.provider, catalog);
  if (isUnclear(networks)) return networks.message;
  const { use } = planFloatingIps(wish.provider, catalog.networks);
  if (catalog.networks === null && use !== "no") return NETWORKS_UNLISTED;
  return { ...wish, flavor, floatingIps: use === "yes" ? 1 : 0 };
}

function pauseReason(
  pause: LaunchPause,
  { provider, building, ...moment }: Moment & { provider: ProviderConfig; building: number },
): string | null {
  const after = `after ${pause.failures} failed launches in a row: ${pause.lastError}`;
  if (pause.until !== null && pause.until > moment.now) {
    return `paused until ${timeOfDay(pause.until, moment)} ${after}`;
  }
  if (isProbing(pause, provider.launchRetries) && building > 0) return `one launch at a time ${after}`;
  return null;
}
