/** The columns of `request-list`. */
import type { RequestListView, RequestView } from "../request_list.ts";
import { formatAge } from "./age.ts";
import { type Table, textOf } from "./column.ts";
import { describeWaiting } from "./node_table.ts";

export const requestTable: Table<RequestListView, RequestView> = {
  rows: ({ requests }) => requests,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true, cell: ({ id }) => String(id) },
    { field: "label", header: "Label", cell: ({ label }) => label },
    { field: "count", header: "Count", align: "right", cell: ({ count }) => String(count) },
    { field: "state", header: "State", whole: true, cell: ({ state }) => state },
    { field: "nodes", header: "Nodes", cell: ({ nodes }) => nodes.join(" ") },
    { field: "job", header: "Job", spare: 1, cell: ({ job }) => textOf(job) },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "waiting_on", header: "Waiting on", cell: ({ waiting_on }) => describeWaiting(waiting_on) },
    { field: "client", header: "Client", wide: true, cell: ({ client }) => textOf(client) },
    { field: "created", header: "Created", wide: true, cell: ({ created }) => created },
    { field: "deadline", header: "Deadline", wide: true, cell: ({ deadline }) => textOf(deadline) },
    { field: "granted", header: "Granted", wide: true, cell: ({ granted }) => textOf(granted) },
  ],
};
