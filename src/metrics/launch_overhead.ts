/**
 * The part of each launch in which the daemon waited for nobody but itself: from a decision to the attempt, from its end to
 * the record, and from when the cloud had the server ACTIVE to when that was noticed. The executor tells of attempts, the
 * ledger of changes; launches that another process began are left out. The pool has one.
 */
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { Instant, Milliseconds } from "../domain/time.ts";

interface Launch {
  own: Milliseconds;
  /** Since when nothing but the daemon is waited for; null: something else is. */
  since: Instant | null;
  isTrying: boolean;
}

export class LaunchOverhead {
  readonly #launches = new Map<number, Launch>();

  /** An attempt begins to wait for the cloud, the server or a target. */
  begin(nodeId: number, now: Instant): void {
    const launch = this.#launches.get(nodeId);
    if (launch === undefined) return;
    settle(launch, now);
    launch.since = null;
    launch.isTrying = true;
  }

  end(nodeId: number, now: Instant): void {
    const launch = this.#launches.get(nodeId);
    if (launch === undefined) return;
    launch.since = now;
    launch.isTrying = false;
  }

  /**
   * @param at `late`: how long ago the cloud had the server of a node ACTIVE that has just been seen so
   * @returns the own part of a launch that has just ended well; null: none has
   */
  note(
    previous: NodeRecord | null,
    next: NodeRecord | null,
    { now, late }: { now: Instant; late: (node: NodeRecord) => Milliseconds },
  ): Milliseconds | null {
    if (previous === null && next?.role === "node") {
      this.#launches.set(next.id, { own: 0, since: now, isTrying: false });
    }
    const id = (next ?? previous)!.id;
    const launch = this.#launches.get(id);
    if (launch === undefined) return null;
    settle(launch, now);
    if (previous?.state.phase === "boot" && next?.state.phase === "address") {
      launch.own += Math.min(late(next), now - previous.phaseSince);
    }
    const state = next === null ? "delete" : stateName(next);
    if (next !== null && state === "building") {
      launch.since = launch.isTrying ? null : ownTurn(next, now);
      return null;
    }
    this.#launches.delete(id);
    return state === "ready" || state === "test" ? launch.own : null;
  }
}

function settle(launch: Launch, now: Instant): void {
  if (launch.since === null) return;
  launch.own += Math.max(0, now - launch.since);
  launch.since = now;
}

/** When it is the daemon's turn to do something; null: once something else has happened. */
function ownTurn({ state, waitingOn, retryAt }: NodeRecord, now: Instant): Instant | null {
  if (waitingOn !== null) return retryAt;
  return state.phase === "boot" ? null : now;
}
