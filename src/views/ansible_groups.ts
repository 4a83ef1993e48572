/**
 * The Ansible groups of a node. Those of the servers' `groups` metadata, the image's and the provider's name, have
 * these names; in addition, there is one for each fact, with the fact in its name. Names that Ansible would make one
 * of stay apart: those that it takes as they are keep them, the others get a few characters of their own, the same
 * ones always.
 */
import process from "node:process";
import type { Config } from "../domain/config.ts";
import type { NodeStateName } from "../domain/node.ts";
import { NodeIndex } from "../domain/node_index.ts";

interface GroupedNode {
  readonly image: string;
  readonly provider: string;
  readonly label: string;
  readonly state: NodeStateName;
}

/** The source of the groups that nodes may be in, besides those of nodes that are left over. */
interface GroupedPool {
  readonly config: Config | null;
  readonly nodes: Iterable<Omit<GroupedNode, "state">>;
}

const FACTS = ["image", "provider", "label", "state"] as const;

/** The groups of each node: each once, in the order of the facts. */
export function ansibleGroups({ config, nodes }: GroupedPool): (node: GroupedNode) => readonly string[] {
  const nameOf = groupNames(namesOf(config, nodes));
  return (node) => [...new Set(rawGroups(node).map(nameOf))];
}

function rawGroups(node: Partial<GroupedNode>): string[] {
  const plain = [node.image, node.provider].flatMap((name) => name ?? []);
  return [...plain, ...FACTS.flatMap((fact) => node[fact] === undefined ? [] : [`${fact} ${node[fact]}`])];
}

function* namesOf(config: GroupedPool["config"], nodes: GroupedPool["nodes"]): Iterable<string> {
  for (const { name, images } of config?.providers ?? []) {
    yield* rawGroups({ provider: name });
    for (const image of images) yield* rawGroups({ image: image.name });
  }
  for (const { name } of config?.labels ?? []) yield* rawGroups({ label: name });
  for (const fact of ["image", "provider", "label"] as const) {
    const names = nodes instanceof NodeIndex
      ? nodes.names(fact)
      : new Set(Iterator.from(nodes).map((node) => node[fact]));
    for (const name of names) yield* rawGroups({ [fact]: name });
  }
}

/** @param names all there are: a fact stands before a blank */
export function groupNames(names: Iterable<string>): (name: string) => string {
  const alike = Map.groupBy([...new Set(names)].filter(isAscii), safeGroupName);
  return (name) => {
    const safe = safeGroupName(name);
    const all = new Set([...alike.get(safe) ?? [], name]);
    const holder = all.size === 1 ? name : [...all].find(isPlainFact) ?? safe;
    return isAscii(name) && name === holder ? safe : `${safe}_${ownPart(name)}`;
  };
}

function isAscii(name: string): boolean {
  return /^[\x20-\x7e]*$/.test(name);
}

/** Whether its group is called as the name is, but for the fact before it. */
function isPlainFact(name: string): boolean {
  return FACTS.some((fact) => name.startsWith(`${fact} `)) && name.replace(" ", "_") === safeGroupName(name);
}

function ownPart(name: string): string {
  // Loaded when it is needed: a list does without.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(name).digest("hex").slice(0, 6);
}

/** Names that mean something else to Ansible. */
const TAKEN: ReadonlySet<string> = new Set(["all", "ungrouped", "_meta"]);

/** The name that Ansible itself makes of one that it does not allow: `debian-12` is `debian_12`. */
export function safeGroupName(name: string): string {
  const safe = name.replaceAll(/^[^A-Za-z_]|[^A-Za-z0-9_]/g, "_");
  return TAKEN.has(safe) ? `${safe}_` : safe;
}
