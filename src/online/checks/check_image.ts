/** Whether the cloud has the image that servers are booted from, or that an image is prepared on. */
import type { ProviderImageConfig } from "../../domain/config.ts";
import { suggest } from "../../lib/suggest.ts";
import { answerOf, failure, type Finding, ok } from "../finding.ts";
import type { Look } from "../look.ts";

export function checkImage({ name, baseImage }: ProviderImageConfig, { seen, cloudImages }: Look): Finding[] {
  const about = { check: "image", subject: name } as const;
  if (baseImage === null) return [ok(about, "built here and uploaded")];
  const found = seen.catalog.images.get(baseImage);
  if (found === undefined) return [];
  if (found?.status === "active") {
    return [ok(about, found.id === baseImage ? found.name : `${found.name}, ${found.id}`)];
  }
  const all = answerOf(cloudImages) ?? [];
  const unready = all.find((image) => image.name === baseImage || image.id === baseImage);
  if (unready !== undefined) {
    return [
      failure(about, `the image ${baseImage} exists but is ${unready.status}; wait until it is active`),
    ];
  }
  return [failure(about, `no image ${baseImage}${suggest(baseImage, all.map((image) => image.name))}`)];
}
