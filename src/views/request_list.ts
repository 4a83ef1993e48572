/** Who waits for nodes, in the order of service. */
import type { PoolReport } from "../domain/pool_report.ts";
import type { Moment } from "../domain/time.ts";
import type { NodeRequest } from "../domain/request.ts";
import { viewWaiting, type WaitingView } from "./node_list.ts";
import type { ViewFilter } from "./view_filter.ts";
import { compareText, isoTime, isoTimeOrNull, seconds, type ViewHead, viewHead } from "./view_head.ts";

export interface RequestListView extends ViewHead {
  readonly requests: readonly RequestView[];
}

type RequestStateName = "waiting" | "granted";

export const requestStateNames: readonly RequestStateName[] = ["waiting", "granted"];

export interface RequestView {
  readonly id: number;
  readonly label: string;
  readonly count: number;
  readonly state: RequestStateName;
  /** Ids of the nodes granted. */
  readonly nodes: readonly number[];
  readonly job: string | null;
  readonly client: string | null;
  readonly created: string;
  /** Seconds since it was made. */
  readonly age: number;
  /** When its client gives up. */
  readonly deadline: string | null;
  readonly granted: string | null;
  readonly waiting_on: WaitingView | null;
}

/** The requests that pass the filter, by label and id. */
export function viewRequestList(report: PoolReport, filter: ViewFilter = {}): RequestListView {
  const requests = report.requests
    .map((request) => viewRequest(request, report))
    .filter((view) =>
      (filter.label === undefined || view.label === filter.label) &&
      (filter.state === undefined || view.state === filter.state)
    )
    .sort((left, right) => compareText(left.label, right.label) || left.id - right.id);
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
