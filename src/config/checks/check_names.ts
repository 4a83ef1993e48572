/** Names are unique where something refers by them. */
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

export function checkNames(draft: ConfigDraft, findings: Findings): void {
  for (const kind of ["labels", "providers", "diskimages", "targets"] as const) {
    refuseRepeated(draft[kind] ?? [], { kind: kind.slice(0, -1), findings: findings.at(kind) });
  }
  draft.providers?.forEach(({ images }, index) => {
    refuseRepeated(images ?? [], { kind: "image", findings: findings.at("providers", index, "images") });
  });
}

function refuseRepeated(
  items: readonly { readonly name?: string }[],
  { kind, findings }: { kind: string; findings: Findings },
): void {
  const first = new Map<string, number>();
  items.forEach(({ name }, index) => {
    if (name === undefined) return;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else findings.error([index, "name"], `"${name}" is already the name of ${kind} number ${earlier + 1}`);
  });
}
