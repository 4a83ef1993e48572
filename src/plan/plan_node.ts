/**
 * What happens next with one node: the ladder of its phase is asked until it ends in an action, a reason to wait,
 * or nothing. Pure; `planPool` calls it for every node in every tick.
 */
import { type NodePhase, type NodeRecord, stateName } from "../domain/node.ts";
import { transition } from "../domain/node_transition.ts";
import { HOUR, type Instant } from "../domain/time.ts";
import { type Action, describeAction } from "./action.ts";
import type { NodeSituation, NodeStep } from "./node_step.ts";
import { planAddress } from "./phases/address.ts";
import { planBoot } from "./phases/boot.ts";
import { planCreate } from "./phases/create.ts";
import { planDeleteAddress } from "./phases/delete_address.ts";
import { planDeleteServer } from "./phases/delete_server.ts";
import { planHold } from "./phases/hold.ts";
import { needsServer } from "./images/needs_server.ts";
import { planLogin } from "./phases/login.ts";
import { planAssign } from "./phases/assign.ts";
import { planPrepare } from "./phases/prepare.ts";
import { planReady } from "./phases/ready.ts";
import { planTest } from "./phases/test.ts";
import { planUnassign } from "./phases/unassign.ts";
import { planUsed } from "./phases/used.ts";

export interface NodePlan {
  /** The record as it is to be; the same object where nothing changes, null where the node has ended. */
  readonly next: NodeRecord | null;
  readonly action: Action | null;
  /** When to look again even if nothing happens; null: no such time. */
  readonly until: Instant | null;
}

const ladders: { readonly [Phase in NodePhase]: (situation: NodeSituation<Phase>) => NodeStep } = {
  "create": planCreate,
  "boot": planBoot,
  "address": planAddress,
  "login": planLogin,
  "prepare": planPrepare,
  "assign": planAssign,
  "test": planTest,
  "ready": planReady,
  "used": planUsed,
  "hold": planHold,
  "unassign": planUnassign,
  "delete-server": planDeleteServer,
  "delete-address": planDeleteAddress,
};

/** More changes than there are phases would be a circle. */
const MOST_CHANGES = 15;

/** What is the same for all nodes of an image on a provider in one planning. */
type SharedSituation = Omit<NodeSituation, "node" | "state" | keyof OwnSituation>;

/** What is one node's own. */
type OwnSituation = Pick<NodeSituation, "creating" | "parent" | "subnodes" | "subnodeRefusal">;

export function planNode(
  given: NodeRecord,
  { shared, own }: { shared: SharedSituation; own: OwnSituation },
): NodePlan {
  let node = given;
  for (let changes = 0; changes <= MOST_CHANGES; changes++) {
    const step = withGroup(node, nextStep(node, { shared, own }), own);
    if (step.do === "end") return ending(node, { given, now: shared.now });
    if (step.do === "stay") return staying(node, step, shared.now);
    if (step.do === "wait") return waiting(node, step, shared.now);
    if (step.do === "act") return acting(node, step.action, shared.now);
    node = transition(node, step.event, shared.now);
  }
  throw new Error(`node ${node.id} goes round in circles in phase ${node.state.phase}`);
}

/** A node ends with the last of its subnodes, so that nothing of a group is forgotten. */
function withGroup(node: NodeRecord, step: NodeStep, { subnodes }: OwnSituation): NodeStep {
  if (step.do !== "end" || subnodes.length === 0) return step;
  if (stateName(node) === "delete") {
    return {
      do: "wait",
      reason: "subnodes",
      message: `${subnodes.length} of its subnodes are being deleted`,
    };
  }
  return {
    do: "change",
    event: { type: "delete", by: "failure", comment: "its server could not be had", result: "unused" },
  };
}

function nextStep(
  node: NodeRecord,
  { shared, own }: { shared: SharedSituation; own: OwnSituation },
): NodeStep {
  const { now, config, provider, image, seen, nodes, images, targets } = shared;
  const { creating, parent, subnodes, subnodeRefusal } = own;
  const isOver = node.role === "subnode"
    ? isLeftAlone(node, parent)
    : node.role !== "node" && stateName(node) === "building" && !needsServer(node, images);
  if (isOver) {
    const comment = node.role === "subnode" ? `node ${node.parentId} is deleted` : "its work is done";
    return { do: "change", event: { type: "delete", by: "owner", comment, result: resultOf(node, parent) } };
  }
  if (isStuckBuilding(node, shared)) {
    const comment = `building for more than ${config.limits.nodeStuck / HOUR} h`;
    return { do: "change", event: { type: "delete", by: "limit", comment, result: "failed" } };
  }
  const ladder = ladders[node.state.phase] as (situation: NodeSituation) => NodeStep;
  // Spelled out, since this runs for every node of the pool in every tick.
  return ladder({
    node,
    state: node.state,
    now,
    config,
    provider,
    image,
    seen,
    nodes,
    images,
    targets,
    creating,
    parent,
    subnodes,
    subnodeRefusal,
  });
}

/** A subnode has been of use where its node was. */
function resultOf(node: NodeRecord, parent: NodeRecord | null): "used" | "unused" {
  return node.role === "subnode" && parent?.timings.used === undefined ? "unused" : "used";
}

/** A subnode goes with its node, once that is off its target. */
function isLeftAlone(node: NodeRecord, parent: NodeRecord | null): boolean {
  if (stateName(node) === "delete") return false;
  return parent === null || (stateName(parent) === "delete" && parent.state.phase !== "unassign");
}

/** A builder may take as long as its scripts and the cloud do: each of these has a time limit of its own. */
function isStuckBuilding(node: NodeRecord, { now, config }: SharedSituation): boolean {
  return (node.role === "node" || node.role === "subnode") && stateName(node) === "building" &&
    now >= node.stateSince + config.limits.nodeStuck;
}

/** What has just become of a node is stored before its record goes: its history is to say why it ended. */
function ending(node: NodeRecord, { given, now }: { given: NodeRecord; now: Instant }): NodePlan {
  return { next: node === given ? null : node, action: null, until: now };
}

/** A node that stays as it is waits for nothing, whatever it waited for before. */
function staying(node: NodeRecord, { until }: NodeStep & { do: "stay" }, now: Instant): NodePlan {
  const next = node.waitingOn === null ? node : transition(node, { type: "waiting", waitingOn: null }, now);
  return { next, action: null, until: until ?? null };
}

/** While something is done for a node, it waits for that; what an earlier attempt at it said stays. */
function acting(node: NodeRecord, action: Action, now: Instant): NodePlan {
  if (node.waitingOn !== null && node.waitingOn.reason !== "subnodes") {
    return { next: node, action, until: null };
  }
  const next = transition(node, { type: "waiting", waitingOn: describeAction(action) }, now);
  return { next, action: { ...action, node: next }, until: null };
}

function waiting(node: NodeRecord, step: NodeStep & { do: "wait" }, now: Instant): NodePlan {
  const { reason, message } = step;
  const unchanged = node.waitingOn?.reason === reason && node.waitingOn.message === message;
  const next = unchanged ? node : transition(node, { type: "waiting", waitingOn: { reason, message } }, now);
  return { next, action: null, until: step.until ?? null };
}
