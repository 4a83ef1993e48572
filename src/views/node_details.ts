/** Everything there is to know of one node, living or gone: `/nodes/ID`; and the metadata of its server, `/nodes/ID/metadata`. */
import * as v from "valibot";
import type { Config } from "../domain/config.ts";
import {
  type Evidence,
  type HistoryRecord,
  type NodeRecord,
  type NodeStateName,
  nodeStateNames,
} from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Instant, Moment } from "../domain/time.ts";
import { whyEnded } from "../domain/describe_gone.ts";
import type { History } from "../domain/history.ts";
import { lifelineOf } from "../domain/lifeline.ts";
import { viewTimes, viewUse } from "./history.ts";
import { addressEntries, connectionViewSchema, viewAddresses, viewConnection } from "./connection.ts";
import { holdFrameOf } from "./hold_view.ts";
import { nodeViewSchema, viewAgelessNode, viewNode } from "./node_list.ts";
import { isoTime, isoTimeOrNull, seconds, viewHead, viewSchema, type WallTime } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull, word } from "./view_schema.ts";
import { serverMetadata } from "../domain/server_marks.ts";

const stretchViewSchema = v.object({ phase: string, state: string, from: string, duration: number });

export const nodeDetailsSchema = v.object({
  ...nodeViewSchema.entries,
  state: word<NodeStateName | "gone">([...nodeStateNames, "gone"]),
  image_id: string,
  flavor_id: string,
  ...addressEntries,
  floating_ip: stringOrNull,
  connection: v.nullable(connectionViewSchema),
  /** The servers that go with it. */
  subnodes: rows(v.object({
    id: number,
    hostname: string,
    server_id: stringOrNull,
    state: string,
    ip: stringOrNull,
  })),
  launch_reason: string,
  attempt: number,
  retry_at: stringOrNull,
  phase_since: string,
  /** When each phase was entered first. */
  timings: v.record(string, string),
  evidence: v.nullable(v.object({
    at: string,
    kind: string,
    error: string,
    request_id: stringOrNull,
    fault: stringOrNull,
    console: stringOrNull,
  })),
  /** `client`: who asked for it, `waited`: for how many seconds. */
  job_result: since0_4(stringOrNull),
  client: since0_4(stringOrNull),
  waited: since0_4(numberOrNull),
  /** The phases in the order in which they came, each with its seconds; together its life. */
  time_line: since0_4(rows(stretchViewSchema)),
  /** Seconds in each state. */
  times: since0_4(v.record(string, number)),
  /** How its life went: `used`, `failed`, `unused`, `lost`. */
  result: stringOrNull,
  /** When it left the pool; null: it is still there. */
  ended: stringOrNull,
});
export type NodeDetails = v.InferOutput<typeof nodeDetailsSchema>;

export const nodeDetailsViewSchema = viewSchema({ node: nodeDetailsSchema });
export type NodeDetailsView = v.InferOutput<typeof nodeDetailsViewSchema>;

/** A node of the pool; null: it has none with that id. */
export function viewNodeDetails(report: PoolReport, id: number): NodeDetailsView | null {
  const node = report.nodes.find((node) => node.id === id);
  if (node === undefined) return null;
  return { ...viewHead(report), node: details(node, { ...report, endedAt: null }) };
}

export function viewEndedNode(
  { node, endedAt }: HistoryRecord,
  report: Moment & { config: Config | null },
): NodeDetailsView {
  return { ...viewHead(report), node: details(node, { ...report, endedAt, nodes: [] }) };
}

/** A node of the pool or one that has left it; null: there is no record of one. */
export async function findNodeDetails(
  id: number,
  { report, history }: { report: PoolReport; history: Pick<History, "getHistory"> },
): Promise<NodeDetailsView | null> {
  const living = viewNodeDetails(report, id);
  if (living !== null) return living;
  const ended = await history.getHistory(id);
  return ended && viewEndedNode(ended, report);
}

function details(
  node: NodeRecord,
  { now, wallOffset, config, endedAt, nodes }: Moment & {
    config: Config | null;
    endedAt: Instant | null;
    nodes: readonly NodeRecord[];
  },
): NodeDetails {
  const moment = { ...holdFrameOf({ wallOffset, config }), now: endedAt ?? now };
  return {
    ...viewNode(node, moment),
    ...viewUse(node),
    ...(endedAt === null ? {} : viewGone(node, { now, endedAt, wallOffset })),
    image_id: node.imageId,
    flavor_id: node.flavorId,
    ...viewAddresses(node),
    floating_ip: node.floatingIp?.address ?? null,
    connection: viewConnection(node, config),
    subnodes: nodes.filter(({ parentId }) => parentId === node.id).map((subnode) => {
      const { id, hostname, server_id, state, ip } = viewAgelessNode(subnode, moment);
      return { id, hostname, server_id, state, ip };
    }),
    launch_reason: node.launchReason,
    attempt: node.attempt,
    retry_at: isoTimeOrNull(node.retryAt, moment),
    phase_since: isoTime(node.phaseSince, moment),
    timings: Object.fromEntries(
      Object.entries(node.timings).map(([phase, at]) => [phase, isoTime(at, moment)]),
    ),
    time_line: lifelineOf(node, moment.now).map(({ from, duration, ...stretch }) => ({
      ...stretch,
      from: isoTime(from, moment),
      duration: seconds(duration),
    })),
    times: viewTimes(node, moment.now),
    evidence: viewEvidence(node.evidence, moment),
    result: node.result,
    ended: isoTimeOrNull(endedAt, moment),
  };
}

/** That it is gone, and since when; a record's last state was that it is being deleted. */
function viewGone(node: NodeRecord, { now, endedAt, wallOffset }: Moment & { endedAt: Instant }) {
  return {
    state: "gone" as const,
    phase: "gone",
    state_since: isoTime(endedAt, { wallOffset }),
    age: seconds(now - endedAt),
    waiting_on: null,
    comment: whyEnded(node),
  };
}

function viewEvidence(evidence: Evidence | null, wallTime: WallTime): NodeDetails["evidence"] {
  if (evidence === null) return null;
  const { at, kind, error, requestId, fault, console } = evidence;
  return { at: isoTime(at, wallTime), kind, error, request_id: requestId, fault, console };
}

export const nodeMetadataSchema = v.object({
  /** Image name and provider name. */
  groups: v.tuple([string, string]),
  nodepool: v.object({ image_name: string, provider_name: string, node_id: number }),
});

/** The metadata that the server was booted with, read back from the same function that marks servers. */
export function viewNodeMetadata(
  node: Pick<NodeRecord, "id" | "image" | "provider"> & { readonly parent: number | null },
  installation: string,
): v.InferOutput<typeof nodeMetadataSchema> {
  const { id: nodeId, parent: parentId, image, provider } = node;
  const marks = { installation, nodeId, parentId, image, provider };
  const { groups, nodepool } = serverMetadata(marks);
  return { groups: JSON.parse(groups!), nodepool: JSON.parse(nodepool!) };
}
