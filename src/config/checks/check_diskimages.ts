/** Diskimages, their parents, and the formats that providers want of them. */
import { nearestName } from "../../lib/nearest_name.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkDiskimages(draft: ConfigDraft, findings: Findings): void {
  const diskimages = draft.diskimages ?? [];
  const names = diskimages.flatMap(({ name }) => name ?? []);
  diskimages.forEach(({ parent, name, elements }, index) => {
    if (elements?.length === 0 && parent === undefined) {
      findings.warning(["diskimages", index], "lists no elements, so there is nothing to build");
    }
    if (findings.isOtherwise(["diskimages", index, "env-vars"], "mapping")) {
      findings.warning(["diskimages", index, "env-vars"], "is not a mapping and is ignored");
    }
    if (parent === undefined || names.length < diskimages.length) return;
    const at = ["diskimages", index, "parent"];
    const meant = nearestName(parent, names);
    if (!names.includes(parent)) {
      findings.error(
        at,
        `there is no diskimage "${parent}"${meant === null ? "" : `; did you mean "${meant}"?`}`,
      );
    } else if (isItsOwnAncestor(name, diskimages)) {
      findings.error(at, "its parents form a loop");
    }
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
