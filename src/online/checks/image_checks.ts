/** The image, flavor and files that servers are booted from and logged in to with, by image. */
import type { ProviderImageConfig } from "../../domain/config.ts";
import { suggest } from "../../lib/suggest.ts";
import { answerOf, failure, ok, type Verdict } from "../finding.ts";
import type { Look } from "../look.ts";
import type { Flavor } from "../../domain/server.ts";
import { chooseFlavor, whyNoFlavor } from "../../plan/choose_flavor.ts";
import { filesOfImage } from "../../domain/local_files.ts";

/** Whether the cloud has the image that servers are booted from, or that an image is prepared on. */
export function checkImage({ name, baseImage }: ProviderImageConfig, { seen, cloudImages }: Look): Verdict {
  const about = { check: "image", subject: name } as const;
  if (baseImage === null) return ok(about, "built here and uploaded");
  const found = seen.catalog.images.get(baseImage);
  if (found === undefined) return [];
  if (found?.status === "active") {
    return ok(about, found.id === baseImage ? found.name : `${found.name}, ${found.id}`);
  }
  const all = answerOf(cloudImages) ?? [];
  const unready = all.find((image) => image.name === baseImage || image.id === baseImage);
  if (unready !== undefined) {
    return failure(about, `the image ${baseImage} exists but is ${unready.status}; wait until it is active`);
  }
  return failure(about, `no image ${baseImage}${suggest(baseImage, all.map((image) => image.name))}`);
}

/** Which flavor the daemon would choose for an image. */
export function checkFlavor(image: ProviderImageConfig, { seen }: Look): Verdict {
  const about = { check: "flavor", subject: image.name } as const;
  const { flavors, images } = seen.catalog;
  if (flavors === null) return [];
  const source = image.baseImage === null ? null : images.get(image.baseImage) ?? null;
  const flavor = chooseFlavor(image, flavors, source);
  if (flavor !== null) return ok(about, describe(flavor));
  const isWanting = chooseFlavor(image, flavors) === null;
  const why = whyNoFlavor(image, flavors, source).message;
  return failure(about, `${why}${isWanting ? advice(image, flavors) : "; name another flavor or image"}`);
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

/** Whether the private key can be used, and the scripts are there that the image is prepared and proven with. */
export function checkImageFiles(image: ProviderImageConfig, { local }: Look): Verdict {
  const scripts = (["builder", "checker"] as const).flatMap((role) =>
    filesOfImage(image, { role, hasOwnKey: true, config: local })
  );
  const files = [
    ["private_key", image.privateKey],
    ...scripts.map((path) => ["script", path] as const),
  ] as const;
  return files.map(([check, path]) => {
    const about = { check, subject: image.name };
    const fault = local.faults.get(path);
    return fault === undefined ? ok(about, path) : failure(about, fault);
  });
}
