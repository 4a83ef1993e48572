/** The columns that count nodes by state, in the tables of labels and of providers. */
import type { NodeStateName } from "../../domain/node.ts";
import type { StateCounts } from "../state_counts.ts";
import type { Column } from "./column.ts";

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
