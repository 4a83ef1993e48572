/** Checks the keys of a provider and of its images against one another. */
import { didYouMean } from "../../lib/nearest_name.ts";
import { isNeeded, lacksDiskimage } from "../images_of_file.ts";
import { NO_CLOUD } from "../schema/provider_section.ts";
import { META_LIMITS } from "../schema/provider_image_section.ts";
import { lengthOf } from "./check_lengths.ts";
import type { ConfigDraft, ImageDraft, ProviderDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

/** Metadata that every server of ours gets; an image's own entry of that name would be lost. */
const RESERVED_META = ["groups", "nodepool", "nodepool_installation"];

export function checkProviders(draft: ConfigDraft, findings: Findings): void {
  if (draft.providers?.length === 0) {
    findings.warning([], "has no providers, so no nodes are ever launched");
  }
  draft.providers?.forEach((provider, index) => {
    const own = findings.at("providers", index);
    if ((provider["max-servers"] ?? 0) < -1) {
      own.warning(["max-servers"], "is negative, which retires the provider; write -1");
    }
    if (provider["auth-url"] === NO_CLOUD) {
      own.warning(["auth-url"], "is a placeholder from Nodepool's own tests, not the address of a cloud");
    }
    provider.networks?.forEach((_, at) => checkNetwork(own.at("networks", at)));
    provider.images?.forEach((image, at) => {
      const place = own.at("images", at);
      checkSource(image, place);
      checkDiskimage(image, { findings: place, provider, draft });
      checkFlavor(image, place);
      checkVolume(image, place);
      checkMeta(image.meta ?? {}, place);
    });
  });
}

function checkNetwork(findings: Findings): void {
  const given = ["net-id", "net-label", "name"].filter((key) => findings.isGiven([key]));
  if (given.length === 0) findings.error([], "missing network: give name or net-id");
  if (given.length > 1) {
    findings.warning([], `${given.slice(1).join(" and ")} has no effect with ${given[0]}`);
  }
}

/** Every image comes from somewhere: a diskimage that is built, or an image that the cloud has. */
function checkSource(image: ImageDraft, findings: Findings): void {
  const given = (key: string) => findings.isGiven([key]);
  if (image.diskimage === undefined && !given("diskimage") && !given("base-image")) {
    const needed = !given("setup") ? "base-image or diskimage" : "base-image for setup to prepare";
    findings.error([], `missing source of the image: give ${needed}`);
  }
  if (image.diskimage === undefined) return;
  for (const key of ["base-image", "setup"] as const) {
    if (image[key] !== undefined) findings.warning([key], "has no effect with diskimage");
  }
}

/** A diskimage that a label needs is there; an image that none needs is left out with it. */
function checkDiskimage(
  image: ImageDraft,
  { findings, provider, draft }: { findings: Findings; provider: ProviderDraft; draft: ConfigDraft },
): void {
  if (!lacksDiskimage(image, draft.diskimages)) return;
  const diskimage = image.diskimage!;
  const hint = didYouMean(diskimage, draft.diskimages!.map(({ name }) => name!));
  const missing = `there is no diskimage "${diskimage}"`;
  if (isNeeded(image, { provider, labels: draft.labels })) {
    findings.error(["diskimage"], missing + hint);
  } else {
    findings.warning(["diskimage"], `${missing}; no label needs this image, so it is skipped${hint}`);
  }
}

function checkFlavor(image: ImageDraft, findings: Findings): void {
  if (image["flavor-name"] === undefined) {
    if (!findings.isGiven(["min-ram"])) {
      findings.error(["min-ram"], "missing min-ram (or flavor-name)");
    }
    return;
  }
  for (const key of ["min-ram", "name-filter"] as const) {
    if (image[key] !== undefined) findings.warning([key], "has no effect with flavor-name");
  }
}

function checkVolume(image: ImageDraft, findings: Findings): void {
  const sized = findings.isGiven(["volume-size"]);
  const fromVolume = image["boot-from-volume"] === true;
  if (fromVolume && !sized) {
    findings.error(["boot-from-volume"], "missing volume-size: give the size of the volume in GiB");
  }
  if (!fromVolume && sized) {
    findings.warning(["volume-size"], "has no effect without boot-from-volume: true");
  }
}

function checkMeta(meta: Readonly<Record<string, unknown>>, findings: Findings): void {
  if (findings.isOtherwise(["meta"], "mapping")) {
    findings.warning(["meta"], "is not a mapping and is ignored");
  }
  const entries = Object.entries(meta);
  if (entries.length > META_LIMITS.entries) {
    findings.warning(
      ["meta"],
      `has ${entries.length} entries; the limit is ${META_LIMITS.entries}, so all are ignored`,
    );
  }
  for (const [key, value] of entries) {
    const longest = Math.max(lengthOf(key), lengthOf(String(value)));
    const at = ["meta", key];
    if (longest > META_LIMITS.length) {
      findings.warning(
        at,
        `has ${longest} characters; the limit is ${META_LIMITS.length}, so all entries are ignored`,
      );
    }
    if (RESERVED_META.includes(key)) {
      findings.warning(at, "has no effect: nodepool sets this entry on every server");
    }
  }
}
