/** The columns of `list` and `/node-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { HoldView, NodeListView, NodeView, WaitingView } from "../node_list.ts";
import { formatAge } from "./age.ts";
import { type Table, textOf } from "./column.ts";

export const nodeTable: Table<NodeListView, NodeView> = {
  rows: ({ nodes }) => nodes,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true, cell: ({ id }) => String(id) },
    { field: "provider", header: "Provider", cell: ({ provider }) => provider },
    { field: "az", header: "AZ", spare: 4, cell: ({ az }) => textOf(az) },
    {
      field: "label",
      header: "Label",
      cell: ({ role, label, image, parent }) => role === "node" ? label : `(${role} of ${parent ?? image})`,
    },
    { field: "target", header: "Target", spare: 2, cell: ({ target }) => target },
    { field: "manager", header: "Manager", spare: 1, cell: ({ manager }) => textOf(manager) },
    { field: "hostname", header: "Hostname", cell: ({ hostname }) => hostname },
    { field: "nodename", header: "NodeName", spare: 3, cell: ({ nodename }) => nodename },
    { field: "server_id", header: "Server ID", spare: 5, cell: ({ server_id }) => textOf(server_id) },
    { field: "ip", header: "IP", whole: true, cell: ({ ip }) => textOf(ip) },
    { field: "state", header: "State", whole: true, cell: ({ state }) => state },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "comment", header: "Comment", cell: ({ comment }) => textOf(comment) },
    { field: "phase", header: "Phase", wide: true, cell: ({ phase }) => phase },
    {
      field: "waiting_on",
      header: "Waiting on",
      wide: true,
      cell: ({ waiting_on }) => describeWaiting(waiting_on),
    },
    { field: "hold", header: "Hold", wide: true, cell: ({ hold }) => describeHold(hold) },
    { field: "job", header: "Job", wide: true, cell: ({ job }) => textOf(job) },
    {
      field: "request",
      header: "Request",
      wide: true,
      align: "right",
      cell: ({ request }) => textOf(request),
    },
    { field: "role", header: "Role", wide: true, cell: ({ role }) => role },
    { field: "image", header: "Image", wide: true, cell: ({ image }) => image },
    { field: "flavor", header: "Flavor", wide: true, cell: ({ flavor }) => flavor },
    { field: "last_error", header: "Last error", wide: true, cell: ({ last_error }) => textOf(last_error) },
  ],
};

/** `login: connection refused`. */
export function describeWaiting(waiting: WaitingView | null): string {
  return waiting === null ? "" : `${waiting.reason}: ${waiting.message}`;
}

function describeHold(hold: HoldView | null): string {
  if (hold === null) return "";
  return [hold.owner && `by ${hold.owner}`, hold.until && `until ${hold.until}`].filter(Boolean).join(" ") ||
    "held";
}
