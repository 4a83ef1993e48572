/** The columns of `list` and `/node-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import { describeHolder } from "../hold_view.ts";
import type { NodeListView, NodeView, WaitingView } from "../node_list.ts";
import type { Column, Table } from "./column.ts";

/** In wide tables of whatever may have to wait. */
export const waitingColumn: Column<{ readonly waiting_on: WaitingView | null }> = {
  field: "waiting_on",
  header: "Waiting on",
  kind: "reason",
  wide: true,
  cell: ({ waiting_on }) => describeWaiting(waiting_on),
};

export const nodeTable: Table<NodeListView, NodeView> = {
  rows: ({ nodes }) => nodes,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "provider", header: "Provider" },
    { field: "az", header: "AZ", spare: 4 },
    { field: "label", header: "Label", cell: labelCell },
    { field: "target", header: "Target", spare: 2 },
    { field: "manager", header: "Manager", spare: 1 },
    { field: "hostname", header: "Hostname", kind: "exact", spare: 6 },
    { field: "nodename", header: "NodeName", kind: "exact", spare: 3 },
    { field: "server_id", header: "Server ID", kind: "exact", spare: 5 },
    { field: "ip", header: "IP", kind: "exact" },
    { field: "state", header: "State", kind: "state" },
    { field: "age", header: "Age", kind: "age" },
    { field: "comment", header: "Comment", kind: "reason", cell: describeComment },
    { field: "phase", header: "Phase", wide: true },
    { ...waitingColumn, cell: ({ waiting_on }) => isGone(waiting_on) ? "" : describeWaiting(waiting_on) },
    {
      field: "hold",
      header: "Hold",
      kind: "reason",
      wide: true,
      matters: ({ state }) => state === "hold",
      cell: describeHold,
    },
    { field: "job", header: "Job", wide: true },
    { field: "request", header: "Request", kind: "number", wide: true },
    { field: "role", header: "Role", wide: true },
    { field: "image", header: "Image", wide: true },
    { field: "image_version", header: "Image version", kind: "number", wide: true },
    { field: "flavor", header: "Flavor", wide: true },
    { field: "last_error", header: "Last error", kind: "reason", wide: true },
  ],
};

/** Of a server that is there for an image or a node, that. */
export function labelCell(
  { role, label, image, parent }: Pick<NodeView, "label" | "image" | "parent"> & { readonly role: string },
): string {
  return role === "node" ? label : `(${role} of ${parent ?? image})`;
}

/** `login: connection refused`. */
export function describeWaiting(waiting: WaitingView | null): string {
  return waiting === null ? "" : `${waiting.reason}: ${waiting.message}`;
}

/** That its server is gone stands in every table, since users who want to log in look there. */
function describeComment({ comment, waiting_on }: NodeView): string {
  if (!isGone(waiting_on)) return comment ?? "";
  return [comment, waiting_on.message].filter(Boolean).join("; ");
}

function isGone(waiting: WaitingView | null): waiting is WaitingView {
  return waiting?.reason === "gone";
}

function describeHold({ state, hold, job }: NodeView): string {
  if (hold === null || state !== "hold") return "";
  const by = describeHolder({ owner: hold.owner, job, isStale: hold.may_be_in_use === true });
  const ends = hold.ends ?? hold.until ?? "";
  return `${by && `by ${by} `}${ends && `until ${ends}`}`.trimEnd() || "held";
}
