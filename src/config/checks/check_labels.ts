/** A label names known providers; one that lacks the label's image is left out. */
import { didYouMean } from "../../lib/nearest_name.ts";
import { lacksImage } from "../images_of_file.ts";
import type { ConfigDraft, LabelDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkLabels(draft: ConfigDraft, findings: Findings): void {
  draft.labels?.forEach((label, index) => {
    const own = findings.at("labels", index);
    const minReady = label["min-ready"] ?? 0;
    if (minReady < -1) own.warning(["min-ready"], "is negative, which disables the label; write -1");
    if (label.providers?.length === 0 && minReady >= 0) {
      own.warning([], "names no provider, so its nodes cannot be launched");
    }
    const seen = new Set<string>();
    label.providers?.forEach(({ name }, at) => {
      if (name === undefined) return;
      const place = own.at("providers", at, "name");
      if (seen.has(name)) place.warning([], `"${name}" is listed twice`);
      else checkSupplier(label, { name, draft, findings: place });
      seen.add(name);
    });
  });
  if (draft.labels?.length === 0) findings.warning([], "has no labels, so no nodes are ever launched");
}

function checkSupplier(
  { image }: LabelDraft,
  { name, draft: { providers }, findings }: { name: string; draft: ConfigDraft; findings: Findings },
): void {
  const provider = providers?.find((candidate) => candidate.name === name);
  const names = namesOf(providers);
  if (provider === undefined) {
    if (providers === undefined || names.length < providers.length) return;
    const known = names.length === 0 ? "none are defined" : `known: ${names.join(", ")}`;
    return findings.error([], `there is no provider "${name}"; ${known}${didYouMean(name, names)}`);
  }
  if (image === undefined || !lacksImage(provider, image)) return;
  const images = namesOf(provider.images);
  const has = images.length === 0 ? "it has no images" : `its images: ${images.join(", ")}`;
  const told = `provider "${name}" has no image "${image}" and is left out of this label`;
  findings.warning([], `${told}; ${has}${didYouMean(image, images)}`);
}

function namesOf(items: readonly { readonly name?: string }[] | undefined): string[] {
  return (items ?? []).flatMap(({ name }) => name ?? []);
}
