/** Which flavor a provider image means on a cloud, as its catalog stands. */
import type { ProviderImageConfig } from "../domain/config.ts";
import type { Flavor } from "../domain/server.ts";

/** The named flavor, or the smallest with enough RAM whose name contains the filter; null: there is none. */
export function chooseFlavor(image: ProviderImageConfig, flavors: readonly Flavor[]): Flavor | null {
  const fitting = flavors.filter((flavor) =>
    image.flavorName === null
      ? flavor.ramMib >= image.minRamMib && flavor.name.includes(image.nameFilter ?? "")
      : flavor.name === image.flavorName || flavor.id === image.flavorName
  );
  return fitting.sort(smallestFirst)[0] ?? null;
}

/** What was asked of the flavor, for messages. */
export function describeFlavorWish(image: ProviderImageConfig): string {
  if (image.flavorName !== null) return `no flavor named ${image.flavorName}`;
  const filter = image.nameFilter === null ? "" : ` and ${image.nameFilter} in its name`;
  return `no flavor with at least ${image.minRamMib} MiB of RAM${filter}`;
}

function smallestFirst(a: Flavor, b: Flavor): number {
  return a.ramMib - b.ramMib || a.vcpus - b.vcpus || a.diskGib - b.diskGib || (a.name < b.name ? -1 : 1);
}
