/** Which flavor a provider image means on a cloud, as its catalog stands: one on which Nova accepts what is booted. */
import type { ProviderImageConfig } from "../domain/config.ts";
import type { Obstacle } from "../domain/obstacle.ts";
import type { CloudImage, Flavor } from "../domain/server.ts";

/** The keys of an image that say which flavor it wants. */
type FlavorWish = Pick<
  ProviderImageConfig,
  "flavorName" | "nameFilter" | "minRamMib" | "bootFromVolume" | "volumeSize"
>;

/** The source of the boot, as far as it says what it needs. */
type BootSource = Pick<CloudImage, "name" | "minRamMib" | "minDiskGib" | "size">;

/**
 * Of the flavors of that name, or of those with enough RAM whose name contains the filter: the smallest on which Nova
 * would accept what is booted. null: no such flavor.
 * @param source null: not known
 */
export function chooseFlavor(
  image: FlavorWish,
  flavors: readonly Flavor[],
  source: BootSource | null = null,
): Flavor | null {
  const fitting = meantBy(image, flavors).filter((flavor) => whyRefused(flavor, image, source) === null);
  return fitting.toSorted(compareSizes)[0] ?? null;
}

/** Why none was found. */
export function whyNoFlavor(
  image: FlavorWish,
  flavors: readonly Flavor[] = [],
  source: BootSource | null = null,
): Extract<Obstacle, { kind: "flavor-missing" | "flavor-too-small" }> {
  const [largest] = meantBy(image, flavors).toSorted((a, b) => b.diskGib - a.diskGib || compareSizes(b, a));
  const refused = largest === undefined ? null : whyRefused(largest, image, source);
  if (refused !== null) return { kind: "flavor-too-small", message: refused };
  const known = flavors.toSorted((a, b) => compareSizes(b, a)).map(({ name }) => name);
  return { kind: "flavor-missing", ...flavorWish(image), known };
}

function flavorWish({ flavorName, nameFilter, minRamMib }: FlavorWish) {
  if (flavorName !== null) {
    return { key: "flavor-name", wanted: flavorName, message: `no flavor named ${flavorName}` } as const;
  }
  const message = `no flavor with at least ${minRamMib} MiB of RAM`;
  if (nameFilter === null) return { key: "min-ram", wanted: String(minRamMib), message } as const;
  return {
    key: "name-filter",
    wanted: nameFilter,
    message: `${message} and ${nameFilter} in its name`,
  } as const;
}

/** Most clouds take flavors without a disk for volumes only: where there are others, these are meant. */
function meantBy(image: FlavorWish, flavors: readonly Flavor[]): readonly Flavor[] {
  const meant = flavors.filter((flavor) =>
    image.flavorName === null
      ? flavor.ramMib >= Math.max(1, image.minRamMib) && flavor.name.includes(image.nameFilter ?? "")
      : flavor.name === image.flavorName || flavor.id === image.flavorName
  );
  const withDisk = meant.filter(({ diskGib }) => diskGib > 0);
  return image.bootFromVolume || withDisk.length === 0 ? meant : withDisk;
}

/** Nova's own rules; null: it would accept it. Ephemeral disk and swap do not count. */
function whyRefused(
  { name, ramMib, diskGib }: Flavor,
  { bootFromVolume, volumeSize }: FlavorWish,
  source: BootSource | null,
): string | null {
  if (source === null) return null;
  const told = `image ${source.name}`;
  if (ramMib > 0 && ramMib < source.minRamMib) {
    return `${told} needs ${source.minRamMib} MiB of RAM (min_ram), the flavor ${name} has ${ramMib}`;
  }
  const disk = bootFromVolume ? volumeSize ?? 0 : diskGib;
  const where = bootFromVolume ? `the volume has ${disk}` : `the flavor ${name} has ${disk}`;
  // A disk of 0 takes as much as the image has, where a cloud allows that at all.
  if (disk === 0) return null;
  if (disk < source.minDiskGib) return `${told} needs ${source.minDiskGib} GiB of disk (min_disk), ${where}`;
  const size = Math.ceil((source.size ?? 0) / GIB);
  return !bootFromVolume && disk < size ? `${told} has ${size} GiB of data, ${where} GiB of disk` : null;
}

const GIB = 2 ** 30;

function compareSizes(a: Flavor, b: Flavor): number {
  return a.ramMib - b.ramMib || a.vcpus - b.vcpus || a.diskGib - b.diskGib || compareText(a.name, b.name) ||
    compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
