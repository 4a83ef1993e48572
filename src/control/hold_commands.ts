/**
 * Holding nodes, and the end of that, carried out on the ledger with a daemon and without one. What is not said again stays
 * as it was: the reason, the owner, the end.
 */
import { wallOffsetOf } from "../domain/clock_record.ts";
import { endOfHold, holdEnd } from "../domain/end_of_hold.ts";
import { type Hold, type NodeRecord, stateInWords, stateName } from "../domain/node.ts";
import { type Instant, isoText, LAST_INSTANT, type Milliseconds } from "../domain/time.ts";
import { type Decision, eachNode, type EachNodeDeps, ofParent } from "./each_node.ts";
import type { IdOutcome } from "./operation.ts";

export interface HoldDeps extends EachNodeDeps {
  /** `limits.hold-max-age`; null, or left out: none, or the configuration was not read. */
  readonly maxAge?: Milliseconds | null;
}

interface Holding {
  readonly reason: string | null;
  /** Whose it is, if nobody holds it yet. */
  readonly owner: string | null;
  /** Whose it is from now on; null, or left out: whose it was. */
  readonly newOwner?: string | null | undefined;
  /** From now on. */
  readonly duration: Milliseconds | null;
  /** From the end that it has. */
  readonly extend?: Milliseconds | null | undefined;
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
  deps: EachNodeDeps,
): Promise<readonly IdOutcome[]> {
  return eachNode(ids, deps, (node): Decision => {
    const { id } = node;
    if (node.role === "subnode") return ofParent(node);
    const state = stateName(node);
    if (state !== "hold") return `node ${id} is ${stateInWords(state)}, not held`;
    if (node.hold?.mayBeInUse) {
      return `node ${id} may be in use, which nobody here knows: find out, then \`release ${id}\` or \`delete ${id}\``;
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
export function describeStay(
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
