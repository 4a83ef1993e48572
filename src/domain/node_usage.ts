/**
 * How a server of the pool has spent its time, for reports: stretches of one kind each that never overlap, its launch, its
 * failure and the wait of who got it, each at its instant. Pure. All instants are whole seconds, so that sums in
 * seconds agree however they are formed.
 */
import { lifelineOf, waitOf } from "./lifeline.ts";
import { failureOfNode } from "./describe_gone.ts";
import { type NodePhase, type NodeRecord, type NodeStateName, serverIdOf } from "./node.ts";
import { serverStages } from "./server_stage.ts";
import { type Instant, type Milliseconds, SECOND } from "./time.ts";

/** In the order in which they are shown. `failed`: of servers that came to nothing, whatever they were doing. */
export const usageKinds = ["used", "ready", "building", "held", "failed", "deleting"] as const;

export type UsageKind = typeof usageKinds[number];

/** From `from`, up to but not including `to`. */
interface Stretch {
  readonly kind: UsageKind;
  readonly from: Instant;
  readonly to: Instant;
}

type Known = "id" | "parentId" | "provider" | "image" | "flavorId" | "flavorName" | "job";

export interface NodeUsage extends Pick<NodeRecord, Known> {
  /** null: it was to make or to check an image. */
  readonly label: string | null;
  readonly client: string | null;
  /** While it had a server. */
  readonly stretches: readonly Stretch[];
  /** null: another pool launched it. */
  readonly launchedAt: Instant | null;
  readonly failure: { readonly at: Instant; readonly reason: string } | null;
  /** Of who asked for it and got it then. */
  readonly wait: { readonly at: Instant; readonly length: Milliseconds } | null;
}

/** @param end of its life; of a living node now */
export function nodeUsage(node: NodeRecord, end: Instant): NodeUsage {
  const { id, parentId, provider, label, image, flavorId, flavorName, job, timings } = node;
  const waited = waitOf(node);
  const hadServer = timings.boot !== undefined || serverIdOf(node) !== null ||
    node.formerServerId !== undefined;
  return {
    id,
    parentId,
    provider,
    label: label === "" ? null : label,
    image,
    flavorId,
    flavorName,
    job,
    client: node.asked?.client ?? null,
    stretches: hadServer ? stretchesOf(node, end) : [],
    launchedAt: timings.create === undefined ? null : wholeSecond(timings.create),
    failure: failureOf(node, end),
    wait: waited === null ? null : { at: wholeSecond(timings.used!), length: waited },
  };
}

export function wholeSecond(instant: Instant): Instant {
  return Math.floor(instant / SECOND) * SECOND;
}

/** Before its server is asked for, and after it is gone, a record costs nothing. */
const WITHOUT_SERVER: readonly NodePhase[] = ["create", "delete-address"];

function stretchesOf(node: NodeRecord, end: Instant): readonly Stretch[] {
  const hasFailed = failureOfNode(node) !== null;
  return lifelineOf(node, end).flatMap(({ phase, state, from, duration }) => {
    const stretch = { from: wholeSecond(from), to: wholeSecond(Math.min(from + duration, end)) };
    if (WITHOUT_SERVER.includes(phase) || stretch.from >= stretch.to) return [];
    return [{ kind: kindOf(state, hasFailed), ...stretch }];
  });
}

/** A node that was used or held was of use, however it ended. */
function kindOf(state: NodeStateName, hasFailed: boolean): UsageKind {
  const kind = serverStages[state];
  return hasFailed && kind !== "used" && kind !== "held" ? "failed" : kind;
}

/** When it was given up, and why; null: it did not fail. */
function failureOf(node: NodeRecord, end: Instant): NodeUsage["failure"] {
  const reason = failureOfNode(node);
  if (reason === null) return null;
  const { timings } = node;
  const at = timings.unassign ?? timings["delete-server"] ?? timings["delete-address"] ?? end;
  return { at: wholeSecond(at), reason };
}
