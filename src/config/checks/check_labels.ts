/** A label names known providers; one that lacks the label's image is left out. */
import { lacksImage } from "../left_out.ts";
import { nearestName } from "../../lib/nearest_name.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { YamlPath } from "../yaml_node.ts";
import type { Findings } from "./check_source.ts";

type LabelDraft = NonNullable<ConfigDraft["labels"]>[number];

export function checkLabels(draft: ConfigDraft, findings: Findings): void {
  draft.labels?.forEach((label, index) => {
    const path = ["labels", index];
    const minReady = label["min-ready"] ?? 0;
    if (minReady < -1) {
      findings.warning([...path, "min-ready"], "is negative, which disables the label; write -1");
    }
    if (label.providers?.length === 0 && minReady >= 0) {
      findings.warning(path, "names no provider, so its nodes cannot be launched");
    }
    checkSuppliers(label, { path, draft, findings });
  });
  if (draft.labels?.length === 0) findings.warning([], "has no labels, so no nodes are ever launched");
}

function checkSuppliers(
  label: LabelDraft,
  { path, draft, findings }: { path: YamlPath; draft: ConfigDraft; findings: Findings },
): void {
  const seen = new Set<string>();
  label.providers?.forEach(({ name }, index) => {
    if (name === undefined) return;
    const at = [...path, "providers", index, "name"];
    if (seen.has(name)) findings.warning(at, `"${name}" is listed twice`);
    else checkSupplier(label, { name, at, draft, findings });
    seen.add(name);
  });
}

function checkSupplier(
  { image }: LabelDraft,
  { name, at, draft, findings }: { name: string; at: YamlPath; draft: ConfigDraft; findings: Findings },
): void {
  const provider = draft.providers?.find((candidate) => candidate.name === name);
  if (provider === undefined) return unknownProvider(name, { at, draft, findings });
  if (image === undefined || !lacksImage(provider, image)) return;
  const images = namesOf(provider.images);
  const has = images.length === 0 ? "it has no images" : `its images: ${images.join(", ")}`;
  const told = `provider "${name}" has no image "${image}" and is left out of this label`;
  findings.warning(at, `${told}; ${has}${didYouMean(image, images)}`);
}

function unknownProvider(
  name: string,
  { at, draft, findings }: { at: YamlPath; draft: ConfigDraft; findings: Findings },
): void {
  const names = namesOf(draft.providers);
  if (draft.providers === undefined || names.length < draft.providers.length) return;
  const known = names.length === 0 ? "none are defined" : `known: ${names.join(", ")}`;
  findings.error(at, `there is no provider "${name}"; ${known}${didYouMean(name, names)}`);
}

function namesOf(items: readonly { readonly name?: string }[] | undefined): string[] {
  return (items ?? []).flatMap(({ name }) => name === undefined ? [] : [name]);
}

function didYouMean(name: string, names: readonly string[]): string {
  const meant = nearestName(name, names);
  return meant === null ? "" : `; did you mean "${meant}"?`;
}
