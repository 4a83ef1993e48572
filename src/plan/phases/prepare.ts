/**
 * A server that can be logged in to and is not used yet. A builder or checker stays so as long as its work needs it. A
 * node waits for its subnodes, then its files are written and its ready script is run; a subnode waits for its node.
 */
import { findLabel } from "../../domain/hand_over.ts";
import { stateName } from "../../domain/node.ts";
import { durationText, MINUTE } from "../../domain/time.ts";
import { livingSubnodes } from "../being_deleted.ts";
import {
  giveUp,
  type NodeSituation,
  type NodeStep,
  remove,
  serverTrouble,
  whyOutdated,
} from "../node_step.ts";
import { act, awaitRetry, change, wait } from "../follow_ladder.ts";

/** That a builder's or checker's work is over is seen before the ladders are asked. */
export function planPrepare(situation: NodeSituation<"prepare">): NodeStep {
  const { node, state } = situation;
  const trouble = serverTrouble(situation, state.serverId);
  if (trouble !== null) {
    const isPooled = node.role === "node" || node.role === "subnode";
    return remove("cloud", trouble.message, isPooled ? "failed" : "lost");
  }
  if (node.role === "node") return planGroup(situation);
  if (node.role === "subnode") return planSubnode(situation);
  return { do: "stay" };
}

function planSubnode({ parent }: NodeSituation<"prepare">): NodeStep {
  if (parent !== null && stateName(parent) !== "building") return IS_PREPARED;
  if (parent?.state.phase === "assign") return IS_PREPARED;
  return wait("node", `node ${parent?.id} is being prepared`);
}

const IS_PREPARED: NodeStep = change({ type: "prepared", next: "ready" });

function planGroup(situation: NodeSituation<"prepare">): NodeStep {
  const { node, state, now, provider, config } = situation;
  // Without its label its subnodes would not be replaced; with too few of them nobody would get it.
  const outdated = whyOutdated(node, config);
  if (outdated !== null) return remove("configuration", outdated, "unused");
  const living = livingSubnodes(situation.subnodes);
  const there = living.filter((subnode) => subnode.state.phase === "prepare");
  if (there.length < node.subnodeCount) {
    const accepted = living.filter((subnode) => subnode.state.phase !== "create");
    const isMet = state.refusedSince !== undefined && accepted.length === node.subnodeCount;
    if (node.attempt > 0 || isMet) return change({ type: "incomplete" });
    return awaitSubnodes(situation, `${there.length} of its ${node.subnodeCount} subnodes are up`);
  }
  const retry = awaitRetry(node, { now, reason: "script" });
  if (retry !== null) return retry;
  // The time runs from the first attempt that failed, and never ends during an attempt.
  if ((node.retryAt ?? now) >= (state.failingSince ?? Infinity) + provider.bootTimeout) {
    const seconds = provider.bootTimeout / 1000;
    const message = `not prepared within ${seconds} s: ${node.waitingOn?.message ?? "no login"}`;
    return giveUp(situation, "ssh", message);
  }
  return act({
    type: "prepare-node",
    node,
    subnodes: there,
    readyScript: findLabel(config, node.label)?.readyScript ?? null,
  });
}

/**
 * Where there is no room for all of a group, it is given up: another provider, or another group, has use for the room. Of
 * several groups on a provider the first may wait for longer: it needs what the others give up.
 */
function awaitSubnodes(
  { node, nodes, state, now, subnodeRefusal }: NodeSituation<"prepare">,
  message: string,
): NodeStep {
  if (subnodeRefusal === null) return wait("subnodes", message);
  const since = state.refusedSince;
  if (since === undefined) return change({ type: "subnodes-refused" });
  const isFirst = () => nodes.growing().find(({ provider }) => provider === node.provider)?.id === node.id;
  const end = since + (now >= since + PATIENCE && isFirst() ? 2 : 1) * PATIENCE;
  if (now < end) return wait("subnodes", `${message}: ${subnodeRefusal}`, end);
  return remove("limit", `${message} after ${durationText(now - since)}: ${subnodeRefusal}`, "failed");
}

/** So long a group waits for servers that cannot be launched. */
const PATIENCE = 10 * MINUTE;
