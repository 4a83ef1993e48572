/**
 * Decides what happens next with one node: the ladder of its phase is asked until it ends in an action, a reason to
 * wait, or nothing. Pure; `planPool` calls it for every node in every tick.
 */
import { type NodePhase, type NodeRecord, stateName } from "../domain/node.ts";
import { type NodeEvent, transition } from "../domain/node_transition.ts";
import { durationText } from "../domain/time.ts";
import { type Action, describeAction } from "./action.ts";
import { type Followed, followLadder, wait } from "./follow_ladder.ts";
import { type NodeSituation, type NodeStep, remove } from "./node_step.ts";
import { planAddress } from "./phases/address.ts";
import { planBoot } from "./phases/boot.ts";
import { planCreate } from "./phases/create.ts";
import { planDeleteAddress, planDeleteServer, planUnassign } from "./phases/delete.ts";
import { planHold } from "./phases/hold.ts";
import { needsServer } from "./images/phases/on_server.ts";
import { planLogin } from "./phases/login.ts";
import { planAssign } from "./phases/assign.ts";
import { planPrepare } from "./phases/prepare.ts";
import { planReady } from "./phases/ready.ts";
import { planTest } from "./phases/test.ts";
import { planUsed } from "./phases/used.ts";

export type NodePlan = Followed<NodeRecord, Action>;

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

type Situation = Omit<NodeSituation, "node" | "state">;

export function planNode(given: NodeRecord, situation: Situation): NodePlan {
  const { now } = situation;
  const plan = followLadder<NodeRecord, NodeEvent, Action>(given, {
    now,
    next: (node) => withGroup(node, nextStep(node, situation), situation),
    change: (node, event) => transition(node, event, now),
    describe: describeAction,
  });
  const { action, next } = plan;
  return action === null || next === null ? plan : { ...plan, action: { ...action, node: next } };
}

/** A node ends with the last of its subnodes, so that nothing of a group is forgotten. */
function withGroup(node: NodeRecord, step: NodeStep, { subnodes }: Situation): NodeStep {
  if (step.do !== "end" || subnodes.length === 0) return step;
  return stateName(node) === "delete"
    ? wait("subnodes", `${subnodes.length} of its subnodes are being deleted`)
    : remove("failure", "it never got a server", "unused");
}

function nextStep(node: NodeRecord, situation: Situation): NodeStep {
  const { config, images, parent } = situation;
  const isOver = node.role === "subnode"
    ? isLeftAlone(node, parent)
    : node.role !== "node" && stateName(node) === "building" && !needsServer(node, images);
  if (isOver) {
    const comment = node.role === "subnode" ? `node ${node.parentId} is deleted` : "its work is done";
    return remove("owner", comment, resultOf(node, parent));
  }
  if (isStuckBuilding(node, situation)) {
    return remove("limit", `building for more than ${durationText(config.limits.nodeStuck)}`, "failed");
  }
  const ladder = ladders[node.state.phase] as (situation: NodeSituation) => NodeStep;
  return ladder({ ...situation, node, state: node.state });
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
function isStuckBuilding(node: NodeRecord, { now, config }: Situation): boolean {
  return (node.role === "node" || node.role === "subnode") && stateName(node) === "building" &&
    now >= node.stateSince + config.limits.nodeStuck;
}
