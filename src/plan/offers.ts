/**
 * What a provider offers a label at this moment: a flavor, an image and networks to boot with, or the reason why
 * it offers nothing.
 */
import type { Config, LabelConfig, ProviderConfig, ProviderImageConfig } from "../domain/config.ts";
import type { LaunchPause } from "../domain/launch_pause.ts";
import type { Observation } from "../domain/observation.ts";
import type { CloudImage, Flavor } from "../domain/server.ts";
import type { Instant } from "../domain/time.ts";
import { chooseFlavor, chooseNetworks, describeFlavorWish } from "./choose_flavor.ts";
import { isProbing } from "./launch_pause.ts";

export interface LaunchOffer {
  readonly provider: ProviderConfig;
  readonly image: ProviderImageConfig;
  readonly flavor: Flavor;
  readonly cloudImage: CloudImage;
}

export interface OfferSituation {
  readonly config: Config;
  readonly now: Instant;
  readonly seen: Observation | undefined;
  readonly pause: LaunchPause | undefined;
  /** Nodes of the label that the provider is building. */
  readonly building: number;
  /** Whether the provider is being asked for a server, for whatever label. */
  readonly asking: boolean;
}

/** The offer, or why there is none. */
export function findOffer(
  label: LabelConfig,
  provider: ProviderConfig,
  situation: OfferSituation,
): LaunchOffer | string {
  const { seen, pause, now } = situation;
  if (provider.maxServers < 0) return "retired: max-servers is -1";
  if (seen === undefined) return "not asked yet";
  if (seen.failure !== null) return `out of reach since ${time(seen.failure.since)}: ${seen.failure.message}`;
  if (seen.catalog === null || seen.inventory.completeAt === null) return "not seen completely yet";
  if (seen.refusal !== null && seen.refusal.until > now) {
    return `${seen.refusal.message}; asked again at ${time(seen.refusal.until)}`;
  }
  if (seen.refusal !== null && situation.asking) return `${seen.refusal.message}; asking again`;
  const paused = pause === undefined
    ? null
    : pauseReason(pause, { now, provider, building: situation.building });
  return paused ?? fitCatalog(label, provider, seen.catalog);
}

function fitCatalog(
  label: LabelConfig,
  provider: ProviderConfig,
  catalog: NonNullable<Observation["catalog"]>,
): LaunchOffer | string {
  const image = provider.images.find(({ name }) => name === label.image);
  if (image === undefined) return `the provider has no image ${label.image}`;
  if (image.baseImage === null) return `image ${image.name} has not been uploaded`;
  const cloudImage = catalog.images.get(image.baseImage);
  if (cloudImage === undefined || cloudImage === null) {
    return `the cloud has no ready image ${image.baseImage}`;
  }
  const flavor = chooseFlavor(image, catalog.flavors);
  if (flavor === null) return describeFlavorWish(image);
  const networks = chooseNetworks(provider, catalog);
  if (typeof networks === "string") return `the cloud has no network ${networks}`;
  return { provider, image, flavor, cloudImage };
}

function pauseReason(
  pause: LaunchPause,
  { now, provider, building }: { now: Instant; provider: ProviderConfig; building: number },
): string | null {
  const after = `after ${pause.failures} failed launches in a row: ${pause.lastError}`;
  if (pause.until !== null && pause.until > now) return `paused until ${time(pause.until)} ${after}`;
  if (isProbing(pause, provider.launchRetries) && building > 0) return `one launch at a time ${after}`;
  return null;
}

/** HH:MM:SS, UTC. */
function time(at: Instant): string {
  return new Date(at).toISOString().slice(11, 19);
}
