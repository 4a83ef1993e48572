/**
 * The Ansible groups of a node. Those of the servers' `groups` metadata, the image's and the provider's name, have
 * these names; besides there is one for each fact, with the fact in its name, which no other can be mistaken for.
 */
import type { NodeStateName } from "../domain/node.ts";

export interface GroupedNode {
  readonly image: string;
  readonly provider: string;
  readonly label: string;
  readonly state: NodeStateName;
}

/** Each once, in the order of the facts. */
export function ansibleGroups({ image, provider, label, state }: GroupedNode): readonly string[] {
  const facts = Object.entries({ image, provider, label, state });
  const named = facts.map(([fact, value]) => safeGroupName(`${fact}_${value}`));
  return [...new Set([safeGroupName(image), safeGroupName(provider), ...named])];
}

/** Names that mean something else to Ansible. */
const TAKEN: ReadonlySet<string> = new Set(["all", "ungrouped", "_meta"]);

/** What Ansible itself makes of a name that it does not allow: `debian-12` is `debian_12`. */
export function safeGroupName(name: string): string {
  const safe = name.replaceAll(/^[^A-Za-z_]|[^A-Za-z0-9_]/g, "_");
  return TAKEN.has(safe) ? `${safe}_` : safe;
}
