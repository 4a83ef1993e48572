/**
 * The end of a node. Its target forgets it before its server goes, so that no job is sent to a missing server, and a
 * job that turns out to be running ends first. The server is gone only when the cloud says so, and is not asked to
 * go after that. Its floating IP goes last.
 */
import { backoff } from "../../domain/backoff.ts";
import { findTarget, handOverOf, isSurelyFree } from "../../domain/hand_over.ts";
import type { NodeRecord } from "../../domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../domain/time.ts";
import { act, awaitRetry, change, wait } from "../follow_ladder.ts";
import {
  findOwnServer,
  type NodeSituation,
  type NodeStep,
  removeVanished,
  wouldBeListed,
} from "../node_step.ts";

/** How long a target is asked that does not answer: it does not keep servers alive for ever. */
const PATIENCE = 10 * MINUTE;

/**
 * Where a job may run, a Jenkins is asked whether one does; other targets cannot be, but a manager gives no second job. The
 * node counts as in use meanwhile, and as stuck after `node-stuck`.
 */
export function planUnassign(situation: NodeSituation<"unassign">): NodeStep {
  const { node, state, now, config, heardSince } = situation;
  const target = findTarget(config, node.target);
  const way = target === null ? "none" : handOverOf(target);
  const isUnsure = state.mayRunJob && removeVanished(situation) === null &&
    (way === "jenkins" || !(isSurelyFree(node, heardSince) || (way === "gearman" && node.jobEnd !== null)));
  const until = node.phaseSince + (isUnsure ? config.limits.nodeStuck : PATIENCE);
  if (isUnsure && way !== "jenkins" && now < until) {
    const gone = `the configuration no longer has target ${node.target}`;
    const why = target === null ? gone : node.comment ?? "it is to be deleted";
    const advice = `if none is, \`nodepool delete ${node.id}\``;
    return wait("target", `${why}; a job may be running on the node unreported: ${advice}`, until);
  }
  // After a restart the time may be over without a single attempt: each node gets one.
  const isGivenUp = now >= until && node.attempt > 0;
  if (way === "none" || isGivenUp) return change({ type: "unassigned" });
  return awaitRetry(node, { now, reason: "target", by: until }) ??
    act({ type: "unassign-node", node, ...(isUnsure && { whenIdle: true }) });
}

export function planDeleteServer(situation: NodeSituation<"delete-server">): NodeStep {
  const { node, state, now, provider, seen } = situation;
  if (state.serverId === null) return planUnknownServer(situation);

  if (seen.inventory.isDeleted(state.serverId)) return change({ type: "server-gone" });
  const retry = awaitRetry(node, { now, reason: "delete" });
  if (retry !== null) return retry;
  const askAgainAt = state.acceptedAt === null
    ? now
    : state.acceptedAt + repeatPause(state, provider.deleteTimeout);
  if (now >= askAgainAt) return act({ type: "delete-server", node, serverId: state.serverId });
  return wait("delete", `the cloud is deleting server ${state.serverId}`, askAgainAt);
}

/** A deletion that the cloud accepts and does not carry out is asked for again, after as long as it has taken so far. */
function repeatPause(
  { askedAt, acceptedAt }: NodeSituation<"delete-server">["state"],
  deleteTimeout: number,
): number {
  const soFar = (acceptedAt ?? 0) - (askedAt ?? acceptedAt ?? 0);
  return Math.max(deleteTimeout, Math.min(soFar, LONGEST_REPEAT));
}

/** No server is known. One may still turn up where a request got no answer. */
function planUnknownServer(situation: NodeSituation<"delete-server">): NodeStep {
  const { state, seen, creating } = situation;
  if (creating) return wait("answer", "the request for its server is in progress");
  const server = findOwnServer(situation);
  if (server !== null) return change({ type: "accepted", serverId: server.id });
  if (state.lostAt === null || wouldBeListed(seen, state.lostAt)) return change({ type: "server-gone" });
  return wait("listing", "the next listing shows whether it has a server");
}

/** The floating IP that was made for the node goes too, unless somebody uses it; then the node. */
export function planDeleteAddress({ node, now }: NodeSituation<"delete-address">): NodeStep {
  if (node.floatingIp === null || node.floatingIp.isMoved) return { do: "end" };
  return awaitRetry(node, { now, reason: "delete" }) ??
    act({ type: "delete-floating-ip", node, floatingIpId: node.floatingIp.id });
}

/** How long to wait before asking again after that number of failed deletions. */
export function deletePause(node: Pick<NodeRecord, "attempt">): number {
  return backoff({ failures: node.attempt + 1, base: FIRST_PAUSE, max: LONGEST_PAUSE });
}

const LONGEST_REPEAT = HOUR;
const FIRST_PAUSE = 2 * SECOND;
const LONGEST_PAUSE = 5 * MINUTE;
