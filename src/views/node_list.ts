/** The list of nodes as users see it: sorted by provider, label, id. Made for the commands and the status endpoint. */
import type { DeletedBy } from "../domain/deleted_by.ts";
import { type Hold, type NodeRecord, serverIdOf, stateName, type WaitingOn } from "../domain/node.ts";
import type { NodeRole, NodeStateName } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Moment } from "../domain/time.ts";
import type { Instant } from "../domain/time.ts";
import type { ViewFilter } from "./view_filter.ts";
import {
  compareText,
  isoTime,
  isoTimeOrNull,
  seconds,
  type ViewHead,
  viewHead,
  type WallTime,
} from "./view_head.ts";

export interface NodeListView extends ViewHead {
  readonly nodes: readonly NodeView[];
}

export interface NodeView {
  readonly id: number;
  /** `builder` and `checker`: it is there for an image, and belongs to no label. `subnode`: it goes with a node. */
  readonly role: NodeRole;
  /** The id of the node that a subnode goes with; null: it is none. */
  readonly parent: number | null;
  readonly provider: string;
  readonly az: string | null;
  readonly label: string;
  readonly target: string;
  readonly manager: string | null;
  readonly hostname: string;
  readonly nodename: string;
  readonly server_id: string | null;
  /** The address to log in to. */
  readonly ip: string | null;
  readonly state: NodeStateName;
  /** When it entered that state. */
  readonly state_since: string;
  readonly comment: string | null;
  /** Who decided that it goes; null: nobody has. */
  readonly deleted_by: DeletedBy | null;
  readonly phase: string;
  readonly waiting_on: WaitingView | null;
  readonly hold: HoldView | null;
  readonly job: string | null;
  readonly request: number | null;
  readonly image: string;
  readonly flavor: string;
  readonly last_error: string | null;
  /** Seconds in its state. The only part that changes by itself. */
  readonly age: number;
}

/** Why something is not there yet. */
export interface WaitingView {
  readonly reason: string;
  readonly message: string;
  readonly since: string;
}

export interface HoldView {
  readonly reason: string | null;
  readonly owner: string | null;
  /** When it ends by itself; null: when somebody deletes the node. */
  readonly until: string | null;
  /** Held by nodepool, which does not know whether somebody works on it: `release` ends the hold too. */
  readonly may_be_in_use: boolean;
}

/** The nodes that pass the filter. */
export function viewNodeList(report: PoolReport, filter: ViewFilter = {}): NodeListView {
  const nodes = selectNodes(report.nodes, filter).map((node) => viewNode(node, report));
  return { ...viewHead(report), nodes };
}

/** One row of the list. */
export function viewNode(node: NodeRecord, moment: Moment): NodeView {
  return { ...viewAgelessNode(node, moment), age: ageOf(node, moment.now) };
}

/** The age of the row. */
export function ageOf(node: NodeRecord, now: Instant): number {
  return seconds(now - node.stateSince);
}

/** The row without its age: the same as long as the record is, and the machine's clock is not set. */
export function viewAgelessNode(node: NodeRecord, wallTime: WallTime): Omit<NodeView, "age"> {
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
    state_since: isoTime(node.stateSince, wallTime),
    comment: node.comment ?? (node.role === "node" ? null : node.launchReason),
    deleted_by: node.deletedBy,
    phase: node.state.phase,
    waiting_on: viewWaiting(node.waitingOn, wallTime),
    hold: node.hold && viewHold(node.hold, wallTime),
    job: node.job,
    request: node.requestId,
    image: node.image,
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
  const groups = new Map<string, NodeRecord[]>();
  for (const node of nodes) {
    if (!passes(node, filter)) continue;
    // No name has a line break, which also sorts before all that names have.
    const key = `${node.provider}\n${node.label}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  return [...groups.keys()].sort(compareText)
    .flatMap((key) => groups.get(key)!.sort((left, right) => left.id - right.id));
}

function passes(node: NodeRecord, filter: ViewFilter): boolean {
  return (filter.id === undefined || node.id === filter.id) &&
    (filter.provider === undefined || node.provider === filter.provider) &&
    (filter.label === undefined || node.label === filter.label) &&
    (filter.state === undefined || stateName(node) === filter.state);
}

function viewHold({ reason, owner, until, mayBeInUse }: Hold, wallTime: WallTime): HoldView {
  return { reason, owner, until: isoTimeOrNull(until, wallTime), may_be_in_use: mayBeInUse === true };
}
