/** The columns of `history`. */
import { nodeStateNames } from "../../domain/node.ts";
import type { HistoryView, PastNodeView } from "../history.ts";
import type { Table } from "./column.ts";
import { labelCell } from "./node_table.ts";

export const historyTable: Table<HistoryView, PastNodeView> = {
  rows: ({ history }) => history,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "provider", header: "Provider" },
    { field: "label", header: "Label", cell: labelCell },
    { field: "hostname", header: "Hostname", kind: "exact", spare: 1 },
    { field: "job", header: "Job" },
    { field: "result", header: "Result", kind: "state", cell: (node) => resultOf(node) },
    { field: "lifetime", header: "Lived", kind: "age" },
    { field: "age", header: "Gone for", kind: "age" },
    { field: "reason", header: "Why", kind: "reason" },
    { field: "began", header: "Began", kind: "time", wide: true },
    { field: "ended", header: "Ended", kind: "time", wide: true },
    { field: "az", header: "AZ", wide: true },
    { field: "image", header: "Image", wide: true },
    { field: "image_version", header: "Version", kind: "number", wide: true },
    { field: "flavor", header: "Flavor", wide: true },
    { field: "server_id", header: "Server ID", kind: "exact", wide: true },
    { field: "ip", header: "IP", kind: "exact", wide: true },
    { field: "client", header: "Client", wide: true },
    { field: "waited", header: "Waited", kind: "number", wide: true },
    { field: "deleted_by", header: "Deleted by", wide: true },
    ...nodeStateNames.map((state) => ({
      field: `times.${state}` as const,
      header: `${state} s`,
      kind: "number" as const,
      wide: true as const,
    })),
  ],
};

/** `failed: ssh`, `used: SUCCESS`. */
function resultOf({ result, failure, job_result }: PastNodeView): string {
  return [result, failure ?? job_result].filter((word) => word !== null).join(": ");
}
