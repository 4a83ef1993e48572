/** The columns of `request-list`. */
import type { RequestListView, RequestView } from "../request_list.ts";
import { formatAge } from "./age.ts";
import type { Table } from "./column.ts";
import { describeWaiting } from "./node_table.ts";

export const requestTable: Table<RequestListView, RequestView> = {
  rows: ({ requests }) => requests,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true },
    { field: "label", header: "Label" },
    { field: "count", header: "Count", align: "right" },
    { field: "state", header: "State", whole: true },
    { field: "nodes", header: "Nodes" },
    { field: "job", header: "Job", spare: 1 },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "waiting_on", header: "Waiting on", cell: ({ waiting_on }) => describeWaiting(waiting_on) },
    { field: "client", header: "Client", wide: true },
    { field: "created", header: "Created", wide: true },
    { field: "deadline", header: "Deadline", wide: true },
    { field: "granted", header: "Granted", wide: true },
  ],
};
