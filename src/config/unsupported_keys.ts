/**
 * Keys that a file sets and that this version reads without acting on them. Nothing is ignored in silence: the
 * daemon and `config-validate` print this list. A key leaves it with the feature that it belongs to.
 */
import type { YamlNode } from "./yaml_node.ts";

/** `[]` stands for every item of a list. */
const UNSUPPORTED = [
  "gearman-servers",
  "zmq-publishers",
  "labels[].subnodes",
  "labels[].ready-script",
  "providers[].images[].user-home",
  "targets[].subnode-hostname",
  "targets[].rate",
  "targets[].assign-via-gearman",
  "targets[].jenkins",
  "limits.delete-delay",
  "limits.test-stuck",
];

/** Each key once, with the names of the labels, providers, … that set it: `labels[].ready-script (big, small)`. */
export function unsupportedKeys(root: YamlNode): readonly string[] {
  return UNSUPPORTED.flatMap((pattern) => {
    const owners = settersOf(root, { steps: pattern.split(/(\[\])|\./).filter(Boolean), names: [] });
    if (owners === null) return [];
    const names = owners.filter((owner) => owner !== "");
    return [names.length === 0 ? pattern : `${pattern} (${names.join(", ")})`];
  });
}

/** Who sets the key to more than nothing; null: nobody. */
function settersOf(
  node: YamlNode | undefined,
  { steps, names }: { steps: readonly string[]; names: readonly string[] },
): string[] | null {
  if (node === undefined) return null;
  const [step, ...rest] = steps;
  if (step === undefined) return isInert(node) ? null : [names.join(" ")];
  if (step !== "[]") {
    return node.kind === "mapping" ? settersOf(node.entries.get(step)?.node, { steps: rest, names }) : null;
  }
  if (node.kind !== "list") return null;
  const owners = node.items.flatMap((item) =>
    settersOf(item, { steps: rest, names: [...names, nameOf(item)] }) ?? []
  );
  return owners.length === 0 ? null : owners;
}

/** 0, false and empty lists ask for nothing. */
function isInert(node: YamlNode): boolean {
  if (node.kind === "list") return node.items.length === 0;
  if (node.kind === "mapping") return node.entries.size === 0;
  return node.value === null || node.value === false || node.value === 0;
}

function nameOf(node: YamlNode): string {
  const name = node.kind === "mapping" ? node.entries.get("name")?.node : undefined;
  return name?.kind === "scalar" ? name.source : "?";
}
