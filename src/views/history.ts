/** The nodes that are gone, the newest first: `history`, `/history`. One with everything is a node's details. */
import * as v from "valibot";
import { failureOfNode, whyEnded } from "../domain/describe_gone.ts";
import { beginningOf, timeByState, waitOf } from "../domain/lifeline.ts";
import { type HistoryRecord, type NodeRecord, serverIdOf } from "../domain/node.ts";
import type { Instant, Moment } from "../domain/time.ts";
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
export type PastNodeView = v.InferOutput<typeof pastNodeViewSchema>;

export const historyViewSchema = viewSchema({
  history: rows(pastNodeViewSchema),
  /** Whether there are older ones: those before the last one's id. */
  more: v.boolean(),
});
export type HistoryView = v.InferOutput<typeof historyViewSchema>;

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
