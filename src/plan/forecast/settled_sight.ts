/**
 * A provider as it will be seen once passing troubles are over: it answers, refuses nothing, and its quotas hold what
 * others use. One that is frozen stays so: that does not pass. What has not been asked of it yet is taken to be there as the
 * configuration names it. `forecastPool` plans on it.
 */
import { type Config, isMade, type ProviderConfig, type ProviderImageConfig } from "../../domain/config.ts";
import { currentImages } from "../../domain/current_images.ts";
import { imageUses } from "../../domain/image_uses.ts";
import { Inventory } from "../../domain/inventory.ts";
import type { NodeIndex } from "../../domain/node_index.ts";
import type { Catalog, Observation } from "../../domain/observation.ts";
import { type ProviderImage, untouchedSince } from "../../domain/provider_image.ts";
import type { CloudImage, Flavor, Network } from "../../domain/server.ts";
import type { Instant } from "../../domain/time.ts";
import { quotaOfOthers } from "../provider_room.ts";

/** @param options `seen`: undefined: it has not been asked; `nodes`: as they were when it was seen */
export function settledSight(
  provider: ProviderConfig,
  { seen, nodes, now }: { seen: Observation | undefined; nodes: NodeIndex; now: Instant },
): Observation {
  const isListed = seen !== undefined && seen.inventory.completeAt !== null;
  return {
    inventory: isListed ? seen.inventory : emptyInventory(now),
    catalog: completed(seen?.catalog, assumedCatalog(provider)),
    quota: quotaOfOthers(provider, { nodes, seen }),
    ports: null,
    floatingIps: null,
    images: seen?.images ?? null,
    missing: null,
    failure: null,
    troubles: new Map(),
    refusal: null,
    frozen: seen?.frozen ?? null,
  };
}

function emptyInventory(now: Instant): Inventory {
  const inventory = new Inventory("");
  inventory.apply({ kind: "complete", startedAt: now, cloudTime: now, cloudAhead: null, servers: [] });
  return inventory;
}

function completed(seen: Catalog | undefined, assumed: Catalog): Catalog {
  return {
    flavors: seen?.flavors ?? assumed.flavors,
    networks: seen?.networks ?? assumed.networks,
    images: new Map([...assumed.images, ...seen?.images ?? []]),
  };
}

function assumedCatalog({ images, networks, pool }: ProviderConfig): Catalog {
  const names = new Set(networks.filter(({ id }) => id === null).map(({ name }) => name ?? ""));
  const attached: Network[] = [...names].map((name) => ({ id: name, name, external: false }));
  const leading: Network[] = pool === null ? [] : [{ id: pool, name: pool, external: true }];
  return {
    flavors: images.map(assumedFlavor),
    networks: [...attached, ...leading],
    images: new Map(
      images.filter((image) => !isMade(image)).map(({ baseImage }) =>
        [baseImage ?? "", assumedImage(baseImage ?? "")] as const
      ),
    ),
  };
}

/** Large enough, and nothing counts against quotas that are not known. */
function assumedFlavor({ flavorName, nameFilter, minRamMib }: ProviderImageConfig): Flavor {
  const name = flavorName ?? nameFilter ?? "";
  return { id: name, name, ramMib: Math.max(1, minRamMib), vcpus: 0, diskGib: 0 };
}

function assumedImage(name: string): CloudImage {
  return {
    id: name,
    name,
    status: "active",
    createdAt: null,
    minRamMib: 0,
    minDiskGib: 0,
    size: null,
    owner: null,
    checksum: null,
    hash: null,
    properties: {},
  };
}

/** The images that are made here, with those taken to be ready that are still to be made. */
export function withAssumedImages(
  images: ReadonlyMap<number, ProviderImage>,
  config: Config,
): ReadonlyMap<number, ProviderImage> {
  const current = currentImages(images.values());
  const missing = imageUses(config).filter(({ provider, image }) =>
    current(provider.name, image.name) === null
  );
  const made = missing.map(({ provider, image }, index) => madeImage(-1 - index, provider.name, image.name));
  return new Map([...images, ...made.map((image) => [image.id, image] as const)]);
}

/** Of the record only what servers are booted by means anything. */
function madeImage(id: number, provider: string, image: string): ProviderImage {
  return {
    revision: 0,
    id,
    provider,
    image,
    version: 0,
    source: { type: "snapshot", setup: "" },
    hostname: image,
    state: { phase: "ready", externalId: image },
    ...untouchedSince(0),
  };
}
