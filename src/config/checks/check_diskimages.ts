/** Diskimages, their parents, and the formats that providers want of them. */
import { didYouMean } from "../../lib/nearest_name.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkDiskimages(draft: ConfigDraft, findings: Findings): void {
  const diskimages = draft.diskimages ?? [];
  const names = diskimages.flatMap(({ name }) => name ?? []);
  diskimages.forEach(({ parent, name, elements }, index) => {
    const own = findings.at("diskimages", index);
    if (elements?.length === 0 && parent === undefined) {
      own.warning([], "lists no elements, so there is nothing to build");
    }
    if (own.isOtherwise(["env-vars"], "mapping")) {
      own.warning(["env-vars"], "is not a mapping and is ignored");
    }
    if (parent === undefined || names.length < diskimages.length) return;
    if (!names.includes(parent)) {
      own.error(["parent"], `there is no diskimage "${parent}"${didYouMean(parent, names)}`);
    } else if (isItsOwnAncestor(name, diskimages)) own.error(["parent"], "its parents form a loop");
  });
  checkFormats(draft, findings);
}

function isItsOwnAncestor(
  name: string | undefined,
  diskimages: readonly { readonly name?: string; readonly parent?: string }[],
): boolean {
  let current = diskimages.find((diskimage) => diskimage.name === name)?.parent;
  for (let steps = 0; current !== undefined && steps <= diskimages.length; steps++) {
    if (current === name) return true;
    current = diskimages.find((diskimage) => diskimage.name === current)?.parent;
  }
  return false;
}

/** A format that a provider says it wants is built even where the diskimage lists others, as in 2016. */
function checkFormats({ diskimages = [], providers = [] }: ConfigDraft, findings: Findings): void {
  providers.forEach((provider, index) => {
    const wanted = provider["image-type"];
    if (wanted === undefined) return;
    for (const { diskimage } of provider.images ?? []) {
      const formats = diskimages.find(({ name }) => name === diskimage)?.formats ?? [];
      if (diskimage === undefined || formats.length === 0 || formats.includes(wanted)) continue;
      const message = `diskimage "${diskimage}" lists ${formats.join(", ")}; ${wanted} is built as well`;
      findings.warning(["providers", index, "image-type"], message);
    }
  });
}
