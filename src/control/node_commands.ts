/**
 * Commands on nodes, carried out on the ledger: each id has its own outcome and none stops the others. The same with a
 * daemon and without one; the daemon's next tick does what follows.
 */
import { wallOffsetOf } from "../domain/clock_record.ts";
import { describeGone } from "../domain/describe_gone.ts";
import { endOfHold, holdEnd } from "../domain/end_of_hold.ts";
import { type Hold, type NodeRecord, type NodeStateName, stateInWords, stateName } from "../domain/node.ts";
import { type NodeEvent, transition } from "../domain/node_transition.ts";
import { IllegalTransitionError } from "../domain/state_rules.ts";
import { type Instant, isoText, LAST_INSTANT, type Milliseconds } from "../domain/time.ts";
import { endJob, type JobEndEffect } from "../rules/end_job.ts";
import type { Edit } from "../store/draft.ts";
import type { StateDeps } from "./operated_pool.ts";
import type { IdOutcome } from "./operation.ts";
import type { Holding } from "./operations/node_operations.ts";

interface HoldDeps extends StateDeps {
  /** `limits.hold-max-age`; null, or left out: none, or the configuration was not read. */
  readonly maxAge?: Milliseconds | null;
}

export function holdNodes(
  ids: readonly number[],
  holding: Holding,
  deps: HoldDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node): Decision => {
    const { id, role, launchReason } = node;
    if (role === "subnode") return ofParent(node);
    if (role !== "node") return `node ${id} ${launchReason}: it is deleted after that and cannot be held`;
    const state = stateName(node);
    if ((holding.extend ?? null) !== null && state !== "hold") {
      return `node ${id} is ${
        stateInWords(state)
      }, not held: there is no hold to extend; use \`hold ${id} --for\``;
    }
    const now = deps.clock.now();
    const hold = heldBy(holding, { node, now });
    const since = state === "hold" ? node.stateSince : now;
    return {
      event: { type: "hold", hold },
      message: describeStay({ hold, stateSince: since }, { ...deps, asking: holding.owner }),
    };
  });
}

function heldBy(
  { reason, owner, newOwner, duration, extend }: Holding,
  { node, now }: { node: NodeRecord; now: Instant },
): Hold {
  const before = node.hold;
  // What nodepool holds because it may be in use becomes the hold of the user who says so.
  const known = before?.mayBeInUse ? null : before;
  const until = known?.until ?? null;
  return {
    reason: reason ?? before?.reason ?? null,
    owner: newOwner ?? known?.owner ?? owner,
    until: newEnd({ until, duration, extend, now, isHeld: stateName(node) === "hold" }),
  };
}

function newEnd(
  { until, duration, extend, now, isHeld }: Pick<Holding, "duration" | "extend"> & {
    until: Instant | null;
    now: Instant;
    isHeld: boolean;
  },
): Instant | null {
  if (duration !== null) return Math.min(now + duration, LAST_INSTANT);
  if (until === null || (!isHeld && until <= now)) return null;
  return Math.min(Math.max(until, now) + (extend ?? 0), LAST_INSTANT);
}

/** Ends holds: a job that may still run goes on, any other node is deleted. */
export function unholdNodes(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: StateDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node): Decision => {
    const { id } = node;
    if (node.role === "subnode") return ofParent(node);
    const state = stateName(node);
    if (state !== "hold") return `node ${id} is ${stateInWords(state)}, not held`;
    if (node.hold?.mayBeInUse) {
      return `node ${id} may be in use, and this state cannot tell: find out, then \`release ${id}\` or \`delete ${id}\``;
    }
    const event = endOfHold(node, { by: "user", comment });
    return { event, message: ENDED[event.type === "unheld" ? "running" : event.result] };
  });
}

const ENDED = {
  running: "no longer held; its job goes on",
  used: "no longer held; its job is over, and it is marked for deletion",
  unused: "no longer held; it may have been changed, and is marked for deletion",
};

/**
 * `held by ada until 2030-01-02T03:04:05.000Z`. @param options `asking`: the user of the command, whose own holds do
 * not name the owner
 */
function describeStay(
  { hold, stateSince }: Pick<NodeRecord, "hold" | "stateSince">,
  { clock, ledger, maxAge, asking = null }: HoldDeps & { asking?: string | null },
): string {
  const end = holdEnd({ hold, stateSince }, maxAge ?? null);
  const owner = hold?.owner ?? null;
  const by = owner === null || owner === asking ? "" : ` by ${owner}`;
  if (end === null) return `held${by}`;
  const isCut = end !== hold?.until;
  const until = isoText(end + wallOffsetOf(clock, ledger.clockRecord?.wallOffset));
  return `held${by} until ${until}${isCut ? ", by limits.hold-max-age" : ""}`;
}

export function deleteNodes(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: StateDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node) => {
    if (node.role === "subnode") return ofParent(node);
    const result = node.timings.used === undefined ? "unused" : "used";
    const message = stateName(node) === "delete" ? "already being deleted" : "marked for deletion";
    return { event: { type: "delete", by: "user", comment, result }, message };
  });
}

export function releaseNodes(
  ids: readonly number[],
  { result, job }: { result: "SUCCESS" | "FAILURE" | null; job: string | null },
  deps: HoldDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node, edit) => {
    const { id, role, launchReason } = node;
    if (role === "subnode") return ofParent(node);
    if (role !== "node") return `node ${id} ${launchReason}: it is deleted after that and cannot be released`;
    const state = stateName(node);
    if (!RELEASABLE.has(state)) {
      return `node ${id} is ${stateInWords(state)}, not in use; to delete it, use \`delete\``;
    }
    const of = job ?? node.job;
    const comment = [of === null ? "released" : `released by ${of}`, result].filter(Boolean).join(": ");
    const effect = endJob(edit, { nodeId: id, job, result, comment, now: deps.clock.now() });
    if (effect === "kept") return { event: null, message: `stays ${describeStay(node, deps)}`, stays: true };
    return { event: null, message: effect === "held" ? `held after failing ${of}` : releaseMessages[effect] };
  });
}

/** Those that somebody has or had: nothing is left to be done in the last two. */
const RELEASABLE: ReadonlySet<NodeStateName> = new Set(["used", "hold", "delete"]);

const releaseMessages: Readonly<Record<Exclude<JobEndEffect, "held" | "kept">, string>> = {
  deleted: "released, and marked for deletion",
  deleting: "already being deleted",
  none: "nothing to release",
};

/** The event that a node is to go through, or why it cannot. */
type Decision =
  | { readonly event: NodeEvent | null; readonly message: string; readonly stays?: boolean }
  | string;

/** Decides on each of the nodes in an edit of its own, and carries that out. */
async function eachNode(
  ids: readonly number[],
  deps: StateDeps,
  decide: (node: NodeRecord, edit: Edit) => Decision,
): Promise<readonly IdOutcome[]> {
  return await Promise.all(
    ids.map(async (id) => await changeNode(id, deps, decide) ?? await notThere(id, deps)),
  );
}

/** null: there is no such node. */
function changeNode(
  id: number,
  { ledger, clock }: StateDeps,
  decide: (node: NodeRecord, edit: Edit) => Decision,
): Promise<IdOutcome | null> {
  return ledger.edit((edit): IdOutcome | null => {
    const node = edit.node(id);
    if (node === null) return null;
    const decision = decide(node, edit);
    if (typeof decision === "string") return { id, ok: false, message: decision };
    if (decision.event !== null) edit.putNode(transition(node, decision.event, clock.now()));
    const { message, stays } = decision;
    return { id, ok: true, message, ...(stays && { stays }) };
  }).catch((error): IdOutcome => {
    if (!(error instanceof IllegalTransitionError)) throw error;
    return { id, ok: false, message: `node ${id} is being deleted: its server can no longer be kept` };
  });
}

/** One that is gone says since when and why. */
async function notThere(id: number, { ledger, clock }: StateDeps): Promise<IdOutcome> {
  const gone = await ledger.getHistory(id);
  const wallOffset = wallOffsetOf(clock, ledger.clockRecord?.wallOffset);
  return {
    id,
    ok: false,
    message: gone === null ? `there is no node ${id}` : describeGone(gone, { wallOffset }),
  };
}

function ofParent({ id, parentId }: NodeRecord): string {
  return `node ${id} is a subnode of node ${parentId} and shares its fate; give the id of that node`;
}
