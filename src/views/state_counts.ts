/** How many nodes are in which state: of a label, of a provider, of the pool; and the columns that show it. */
import * as v from "valibot";
import { type NodeRecord, type NodeStateName, nodeStateNames, stateName } from "../domain/node.ts";
import type { Column } from "./tables/column.ts";
import { number, string } from "./view_schema.ts";

/** By state name; every state is there, 0 included. */
export type StateCounts = Readonly<Record<NodeStateName, number>>;

export const stateCountsSchema = v.record(string, number) as unknown as v.GenericSchema<StateCounts>;

/** Counts of each group, by the name that `keyOf` gives; a group without nodes is not in it. */
export function countStates(
  nodes: readonly NodeRecord[],
  keyOf: (node: NodeRecord) => string,
): Map<string, StateCounts> {
  const counts = new Map<string, Record<NodeStateName, number>>();
  for (const node of nodes) counts.getOrInsertComputed(keyOf(node), noNodes)[stateName(node)]++;
  return counts;
}

/** Of all of them. */
export function countAll(nodes: readonly NodeRecord[]): StateCounts {
  return countStates(nodes, () => "all").get("all") ?? noNodes();
}

/** All zero. */
export function noNodes(): Record<NodeStateName, number> {
  return Object.fromEntries(nodeStateNames.map((name) => [name, 0])) as Record<NodeStateName, number>;
}

const countHeaders: Readonly<Record<NodeStateName, string>> = {
  building: "Building",
  test: "Testing",
  ready: "Ready",
  used: "Used",
  hold: "Held",
  delete: "Deleting",
};

/** One column for each state; their fields are those of `nodes`: `nodes.ready`. */
export function countColumns<Row extends { readonly nodes: StateCounts }>(): Column<Row>[] {
  return Object.entries(countHeaders).map(([state, header]) => ({
    field: `nodes.${state}`,
    header,
    kind: "count",
    share: "Nodes",
  }));
}
