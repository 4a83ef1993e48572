/** Who waits for nodes, in the order of service. */
import * as v from "valibot";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Moment } from "../domain/time.ts";
import { type NodeRequest, requestStateNames } from "../domain/request.ts";
import { describeWaiting, viewWaiting, waitingViewSchema } from "./node_list.ts";
import type { Table } from "./tables/column.ts";
import { matching, type ViewFilter } from "./view_filter.ts";
import { byKeys, isoTime, isoTimeOrNull, seconds, viewHead, viewSchema } from "./view_head.ts";
import { number, rows, string, stringOrNull, word } from "./view_schema.ts";

export const requestViewSchema = v.object({
  id: number,
  label: string,
  count: number,
  state: word(requestStateNames),
  /** Ids of the nodes granted. */
  nodes: rows(number),
  job: stringOrNull,
  client: stringOrNull,
  created: string,
  /** Seconds since it was made. */
  age: number,
  /** When its client gives up. */
  deadline: stringOrNull,
  granted: stringOrNull,
  waiting_on: v.nullable(waitingViewSchema),
});
export type RequestView = v.InferOutput<typeof requestViewSchema>;

export const requestListViewSchema = viewSchema({ requests: rows(requestViewSchema) });
type RequestListView = v.InferOutput<typeof requestListViewSchema>;

/** The requests that pass the filter, by label and id. */
export function viewRequestList(report: PoolReport, filter: ViewFilter = {}): RequestListView {
  const requests = report.requests.map((request) => viewRequest(request, report))
    .filter(matching(filter))
    .sort(byKeys("label", "id"));
  return { ...viewHead(report), requests };
}

export function viewRequest(request: NodeRequest, moment: Moment): RequestView {
  return {
    id: request.id,
    label: request.label,
    count: request.count,
    state: request.grantedAt === null ? "waiting" : "granted",
    nodes: request.nodes,
    job: request.job,
    client: request.client,
    created: isoTime(request.createdAt, moment),
    age: seconds(moment.now - request.createdAt),
    deadline: isoTimeOrNull(request.deadline, moment),
    granted: isoTimeOrNull(request.grantedAt, moment),
    waiting_on: viewWaiting(request.waitingOn, moment),
  };
}

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
