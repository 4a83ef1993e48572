/** The list of nodes as users see it: sorted by provider, label, id. Made for the commands and the status endpoint. */
import * as v from "valibot";
import { deciders } from "../domain/deleted_by.ts";
import {
  type NodeRecord,
  nodeRoles,
  nodeStateNames,
  serverIdOf,
  stateName,
  type WaitingOn,
} from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Instant } from "../domain/time.ts";
import { describeHolder, type HoldFrame, holdFrameOf, holdViewSchema, viewHold } from "./hold_view.ts";
import type { Column, Table } from "./tables/column.ts";
import type { ViewFilter } from "./view_filter.ts";
import { compareText, isoTime, seconds, viewHead, viewSchema, type WallTime } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull, word } from "./view_schema.ts";

/** Why something is not there yet. */
export const waitingViewSchema = v.object({
  reason: string,
  message: string,
  since: string,
});
type WaitingView = v.InferOutput<typeof waitingViewSchema>;

export const nodeViewSchema = v.object({
  id: number,
  /** `builder` and `checker`: it is there for an image, and belongs to no label. `subnode`: it goes with a node. */
  role: word(nodeRoles),
  /** The id of the node that a subnode goes with; null: it is not a subnode. */
  parent: numberOrNull,
  provider: string,
  az: stringOrNull,
  label: string,
  target: string,
  manager: stringOrNull,
  hostname: string,
  nodename: string,
  server_id: stringOrNull,
  /** The address to log in to. */
  ip: stringOrNull,
  state: word(nodeStateNames),
  /** When it entered that state. */
  state_since: string,
  comment: stringOrNull,
  /** Who decided that it goes; null: nobody has. */
  deleted_by: since0_4(v.nullable(word(deciders))),
  phase: string,
  waiting_on: v.nullable(waitingViewSchema),
  hold: v.nullable(holdViewSchema),
  job: stringOrNull,
  request: numberOrNull,
  image: string,
  /** Of the image that it was booted from, where that was made here. */
  image_version: since0_4(numberOrNull),
  flavor: string,
  last_error: stringOrNull,
  /** Seconds in its state. The only part that changes by itself. */
  age: number,
});
export type NodeView = v.InferOutput<typeof nodeViewSchema>;

export const nodeListViewSchema = viewSchema({ nodes: rows(nodeViewSchema) });
export type NodeListView = v.InferOutput<typeof nodeListViewSchema>;

export function viewNodeList(report: PoolReport, filter: ViewFilter = {}): NodeListView {
  const moment = { ...holdFrameOf(report), now: report.now };
  const nodes = selectNodes(report.nodes, filter).map((node) => viewNode(node, moment));
  return { ...viewHead(report), nodes };
}

export function viewNode(node: NodeRecord, moment: HoldFrame & { readonly now: Instant }): NodeView {
  return { ...viewAgelessNode(node, moment), age: ageOf(node, moment.now) };
}

export function ageOf(node: NodeRecord, now: Instant): number {
  return seconds(now - node.stateSince);
}

/** The row without its age: the same as long as the record and the frame are. */
export function viewAgelessNode(node: NodeRecord, frame: HoldFrame): Omit<NodeView, "age"> {
  return {
    id: node.id,
    role: node.role,
    parent: node.parentId,
    provider: node.provider,
    az: node.zone,
    label: node.label,
    target: node.target,
    manager: node.manager,
    hostname: node.hostname,
    nodename: node.nodename,
    server_id: serverIdOf(node),
    ip: node.addresses?.login ?? node.floatingIp?.address ?? null,
    state: stateName(node),
    state_since: isoTime(node.stateSince, frame),
    comment: node.comment ?? (node.role === "node" ? null : node.launchReason),
    deleted_by: node.deletedBy,
    phase: node.state.phase,
    waiting_on: viewWaiting(node.waitingOn, frame),
    hold: viewHold(node, frame),
    job: node.job,
    request: node.requestId,
    image: node.image,
    image_version: node.imageVersion ?? null,
    flavor: node.flavorName,
    last_error: node.evidence?.error ?? null,
  };
}

export function viewWaiting(waitingOn: WaitingOn | null, wallTime: WallTime): WaitingView | null {
  if (waitingOn === null) return null;
  return { reason: waitingOn.reason, message: waitingOn.message, since: isoTime(waitingOn.since, wallTime) };
}

/** The records that pass, in the order of the list. Sorting thousands by three keys is slower than by groups. */
export function selectNodes(nodes: readonly NodeRecord[], filter: ViewFilter): NodeRecord[] {
  // No name has a line break, which also sorts before all that names have.
  const groups = Map.groupBy(
    nodes.filter((node) => passes(node, filter)),
    ({ provider, label }) => `${provider}\n${label}`,
  );
  return [...groups.keys()].sort(compareText)
    .flatMap((key) => groups.get(key)!.sort((left, right) => left.id - right.id));
}

function passes(node: NodeRecord, filter: ViewFilter): boolean {
  return (filter.id === undefined || node.id === filter.id) &&
    (filter.provider === undefined || node.provider === filter.provider) &&
    (filter.label === undefined || node.label === filter.label) &&
    (filter.state === undefined || stateName(node) === filter.state);
}

/** In wide tables of whatever may have to wait. */
export const waitingColumn: Column<{ readonly waiting_on: WaitingView | null }> = {
  field: "waiting_on",
  header: "Waiting on",
  kind: "reason",
  wide: true,
  cell: ({ waiting_on }) => describeWaiting(waiting_on),
};

/** The columns of `list` and `/node-list`: 2016's, in its order; then, in wide tables, what it did not know. */
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
