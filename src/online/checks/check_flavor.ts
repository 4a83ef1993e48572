/** Which flavor the daemon would choose for an image. */
import type { ProviderImageConfig } from "../../domain/config.ts";
import type { Flavor } from "../../domain/server.ts";
import { chooseFlavor, whyNoFlavor } from "../../plan/choose_flavor.ts";
import { suggest } from "../../lib/suggest.ts";
import { failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkFlavor(image: ProviderImageConfig, { seen }: Look): Finding[] {
  const about = { check: "flavor", subject: image.name } as const;
  const { flavors, images } = seen.catalog;
  if (flavors === null) return [];
  const source = image.baseImage === null ? null : images.get(image.baseImage) ?? null;
  const flavor = chooseFlavor(image, flavors, source);
  if (flavor !== null) return [ok(about, describe(flavor))];
  const isWanting = chooseFlavor(image, flavors) === null;
  const why = whyNoFlavor(image, flavors, source).message;
  return [failure(about, `${why}${isWanting ? advice(image, flavors) : "; name another flavor or image"}`)];
}

function describe({ name, ramMib, vcpus, diskGib }: Flavor): string {
  return `${name}: ${ramMib} MiB of RAM, ${vcpus} vCPU${vcpus === 1 ? "" : "s"}, ${diskGib} GiB of disk`;
}

function advice({ flavorName, nameFilter }: ProviderImageConfig, flavors: readonly Flavor[]): string {
  const names = flavors.map(({ name }) => name);
  const wanted = flavorName ?? nameFilter;
  const largest = flavors.toSorted((a, b) => b.ramMib - a.ramMib)[0];
  return wanted !== null || largest === undefined
    ? suggest(wanted ?? "", names)
    : `; lower min-ram: the largest is ${largest.name} with ${largest.ramMib} MiB`;
}
