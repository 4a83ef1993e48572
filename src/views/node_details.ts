/** Everything there is to know of one node, living or gone: `/nodes/ID`. */
import type { Config } from "../domain/config.ts";
import type { Evidence, HistoryRecord, NodeRecord } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Instant, Moment } from "../domain/time.ts";
import { type ConnectionView, viewConnection } from "./connection.ts";
import { type NodeView, viewAgelessNode, viewNode } from "./node_list.ts";
import { isoTime, isoTimeOrNull, type ViewHead, viewHead, type WallTime } from "./view_head.ts";

export interface NodeDetailsView extends ViewHead {
  readonly node: NodeDetails;
}

export interface NodeDetails extends NodeView {
  readonly image_id: string;
  readonly flavor_id: string;
  readonly public_v4: string | null;
  readonly public_v6: string | null;
  readonly private_v4: string | null;
  readonly floating_ip: string | null;
  readonly connection: ConnectionView | null;
  /** The servers that go with it. */
  readonly subnodes: readonly SubnodeView[];
  readonly launch_reason: string;
  readonly attempt: number;
  readonly retry_at: string | null;
  readonly phase_since: string;
  /** When each phase was entered first. */
  readonly timings: Readonly<Record<string, string>>;
  readonly evidence: EvidenceView | null;
  /** How its life went: `used`, `failed`, `unused`, `lost`. */
  readonly result: string | null;
  /** When it left the pool; null: it is still there. */
  readonly ended: string | null;
}

interface SubnodeView {
  readonly id: number;
  readonly hostname: string;
  readonly server_id: string | null;
  readonly state: string;
  readonly ip: string | null;
}

interface EvidenceView {
  readonly at: string;
  readonly kind: string;
  readonly error: string;
  readonly request_id: string | null;
  readonly fault: string | null;
  readonly console: string | null;
}

/** A node of the pool; null: it has none with that id. */
export function viewNodeDetails(report: PoolReport, id: number): NodeDetailsView | null {
  const node = report.nodes.find((node) => node.id === id);
  if (node === undefined) return null;
  return { ...viewHead(report), node: details(node, { ...report, endedAt: null }) };
}

/** A node that has left the pool. */
export function viewEndedNode(
  { node, endedAt }: HistoryRecord,
  report: Moment & { config: Config | null },
): NodeDetailsView {
  return { ...viewHead(report), node: details(node, { ...report, endedAt, nodes: [] }) };
}

function details(
  node: NodeRecord,
  { now, wallOffset, config, endedAt, nodes }: Moment & {
    config: Config | null;
    endedAt: Instant | null;
    nodes: readonly NodeRecord[];
  },
): NodeDetails {
  const moment = { now: endedAt ?? now, wallOffset };
  return {
    ...viewNode(node, moment),
    image_id: node.imageId,
    flavor_id: node.flavorId,
    public_v4: node.addresses?.publicV4 ?? null,
    public_v6: node.addresses?.publicV6 ?? null,
    private_v4: node.addresses?.privateV4 ?? null,
    floating_ip: node.floatingIp?.address ?? null,
    connection: viewConnection(node, config),
    subnodes: nodes.filter(({ parentId }) => parentId === node.id).map((subnode) =>
      viewSubnode(subnode, moment)
    ),
    launch_reason: node.launchReason,
    attempt: node.attempt,
    retry_at: isoTimeOrNull(node.retryAt, moment),
    phase_since: isoTime(node.phaseSince, moment),
    timings: Object.fromEntries(
      Object.entries(node.timings).map(([phase, at]) => [phase, isoTime(at, moment)]),
    ),
    evidence: viewEvidence(node.evidence, moment),
    result: node.result,
    ended: isoTimeOrNull(endedAt, moment),
  };
}

function viewSubnode(node: NodeRecord, wallTime: WallTime): SubnodeView {
  const { id, hostname, server_id, state, ip } = viewAgelessNode(node, wallTime);
  return { id, hostname, server_id, state, ip };
}

function viewEvidence(evidence: Evidence | null, wallTime: WallTime): EvidenceView | null {
  if (evidence === null) return null;
  const { at, kind, error, requestId, fault, console } = evidence;
  return { at: isoTime(at, wallTime), kind, error, request_id: requestId, fault, console };
}
