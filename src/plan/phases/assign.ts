/** A node that is to be handed to its target; while the target is offline, the node waits. */
import { backoff } from "../../domain/backoff.ts";
import { durationText } from "../../domain/time.ts";
import { findTarget, handOverOf } from "../../domain/hand_over.ts";
import { brokenGroup, type NodeSituation, type NodeStep, remove, whyNotActive } from "../node_step.ts";
import { act, awaitRetry, change, wait } from "../follow_ladder.ts";

export function planAssign(situation: NodeSituation<"assign">): NodeStep {
  const { node, state, now, config, targets } = situation;
  const broken = brokenGroup(situation, state.serverId);
  if (broken !== null) return remove("cloud", broken, "failed");
  const target = findTarget(config, node.target);
  if (target === null) {
    return remove("configuration", `the configuration no longer has target ${node.target}`, "unused");
  }
  if (handOverOf(target) === "none") return change({ type: "assigned", manager: null, next: "ready" });
  const status = whyNotActive(situation.seen, state.serverId);
  if (status !== null) return planInactive(situation, status);
  if (state.inactiveSince !== undefined) return change({ type: "active" });
  const retry = awaitRetry(node, { now, reason: "target" });
  if (retry !== null) return retry;
  const seen = targets.get(node.target);
  if (seen !== undefined && !seen.online) {
    return wait("target", `target ${node.target} is offline: ${seen.reason}`);
  }
  return act({ type: "assign-node", node });
}

/** A server that is not ACTIVE for now gets as long as one that boots. */
function planInactive(
  { state, now, provider, seen }: NodeSituation<"assign">,
  status: string,
): NodeStep {
  if (state.inactiveSince === undefined) return change({ type: "inactive" });
  const end = state.inactiveSince + provider.bootTimeout;
  if (now < end || !seen.inventory.listedSince(end)) {
    return wait("active", `the server is ${status}`, now < end ? end : null);
  }
  const time = durationText(provider.bootTimeout);
  return remove("cloud", `server ${state.serverId} was not ACTIVE for ${time} (${status})`, "failed");
}

/** How long to wait before the target is asked again after that number of failures. */
export function targetPause({ attempt }: { readonly attempt: number }): number {
  return backoff({ failures: attempt + 1, base: FIRST_PAUSE, max: LONGEST_PAUSE });
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
