/** The columns of `request-list`. */
import type { RequestListView, RequestView } from "../request_list.ts";
import type { Table } from "./column.ts";
import { describeWaiting } from "./node_table.ts";

export const requestTable: Table<RequestListView, RequestView> = {
  rows: ({ requests }) => requests,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "label", header: "Label" },
    { field: "count", header: "Count", kind: "number" },
    { field: "state", header: "State", kind: "state" },
    { field: "nodes", header: "Nodes" },
    { field: "job", header: "Job", spare: 1 },
    { field: "age", header: "Age", kind: "age" },
    {
      field: "waiting_on",
      header: "Waiting on",
      kind: "reason",
      cell: ({ waiting_on }) => describeWaiting(waiting_on),
    },
    { field: "client", header: "Client", wide: true },
    { field: "created", header: "Created", kind: "time", wide: true },
    { field: "deadline", header: "Deadline", kind: "time", wide: true },
    { field: "granted", header: "Granted", kind: "time", wide: true },
  ],
};
