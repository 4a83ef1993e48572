/** The nodes that are gone, the newest first: `history`, `/history`. One with everything is a node's details. */
import * as v from "valibot";
import { failureOfNode, whyEnded } from "../domain/describe_gone.ts";
import { beginningOf, timeByState, waitOf } from "../domain/lifeline.ts";
import { type HistoryRecord, type NodeRecord, nodeStateNames, serverIdOf } from "../domain/node.ts";
import type { Instant, Moment } from "../domain/time.ts";
import type { Table } from "./tables/column.ts";
import { labelCell } from "./node_list.ts";
import { isoTime, seconds, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull } from "./view_schema.ts";

const pastNodeViewSchema = v.object({
  id: number,
  role: string,
  parent: numberOrNull,
  provider: string,
  az: stringOrNull,
  label: string,
  image: string,
  /** Of an image that was made here. */
  image_version: numberOrNull,
  flavor: string,
  hostname: string,
  server_id: stringOrNull,
  ip: stringOrNull,
  job: stringOrNull,
  /** As its target or `release` said: `SUCCESS`. */
  job_result: stringOrNull,
  /** Who asked for it, as the client said, and how many seconds that took. */
  client: stringOrNull,
  waited: numberOrNull,
  /** `used`, `failed`, `refused`, `unused`, `lost`. */
  result: stringOrNull,
  /** The kind of its failure, one of a few words; null: it did not fail. */
  failure: stringOrNull,
  deleted_by: stringOrNull,
  reason: stringOrNull,
  began: string,
  ended: string,
  /** Since its end. */
  age: number,
  /** From its beginning to its end, and of that the time in each state. */
  lifetime: number,
  times: v.record(string, number),
});
type PastNodeView = v.InferOutput<typeof pastNodeViewSchema>;

export const historyViewSchema = viewSchema({
  history: rows(pastNodeViewSchema),
  /** Whether there are older ones: those before the last one's id. */
  more: v.boolean(),
});
type HistoryView = v.InferOutput<typeof historyViewSchema>;

export function viewHistory(
  { records, hasMore }: { readonly records: readonly HistoryRecord[]; readonly hasMore: boolean },
  moment: Moment,
): HistoryView {
  return {
    ...viewHead(moment),
    history: records.map((record) => viewPastNode(record, moment)),
    more: hasMore,
  };
}

function viewPastNode({ node, endedAt }: HistoryRecord, moment: Moment): PastNodeView {
  const began = beginningOf(node);
  return {
    id: node.id,
    role: node.role,
    parent: node.parentId,
    provider: node.provider,
    az: node.zone,
    label: node.label,
    image: node.image,
    flavor: node.flavorName,
    hostname: node.hostname,
    ...viewUse(node),
    ip: node.addresses?.login ?? node.floatingIp?.address ?? null,
    result: node.result,
    failure: failureOfNode(node),
    deleted_by: node.deletedBy,
    reason: whyEnded(node),
    began: isoTime(began, moment),
    ended: isoTime(endedAt, moment),
    age: seconds(moment.now - endedAt),
    lifetime: seconds(endedAt - began),
    times: viewTimes(node, endedAt),
  };
}

/** Who had it, and what for. */
export function viewUse(node: NodeRecord) {
  const waited = waitOf(node);
  return {
    image_version: node.imageVersion ?? null,
    server_id: serverIdOf(node) ?? node.formerServerId ?? null,
    job: node.job,
    job_result: node.jobEnd?.result ?? null,
    client: node.asked?.client ?? null,
    waited: waited === null ? null : seconds(waited),
  };
}

/** Seconds by state. */
export function viewTimes(node: NodeRecord, until: Instant): Record<string, number> {
  const times = Object.entries(timeByState(node, until));
  return Object.fromEntries(times.map(([state, time]) => [state, seconds(time)]));
}

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
