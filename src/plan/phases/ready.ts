/** A node that waits for work: it stays as long as its server and its label are there. */
import { type NodeRecord, type NodeStateName, stateName } from "../../domain/node.ts";
import type { DeletedBy } from "../../domain/deleted_by.ts";
import { findLabel } from "../label_state.ts";
import {
  brokenGroup,
  keptWithServer,
  type NodeSituation,
  type NodeStep,
  serverTrouble,
} from "../node_step.ts";

export function planReady(situation: NodeSituation<"ready">): NodeStep {
  const { node, state, config, seen, parent } = situation;
  if (parent !== null && BEYOND_US.has(stateName(parent))) return planBeside(parent, situation);
  const remove = (by: DeletedBy, comment: string): NodeStep => ({
    do: "change",
    event: { type: "delete", by, comment, result: by === "cloud" ? "lost" : "unused" },
  });

  const broken = brokenGroup(situation, state.serverId);
  if (broken !== null) return remove("cloud", broken);
  const { status, taskState } = seen.inventory.servers.get(state.serverId) ??
    { status: "ACTIVE", taskState: null };
  if (UNUSABLE.has(status)) return remove("cloud", `server ${state.serverId} is ${status}`);
  if (taskState !== null && DELETING.has(taskState)) {
    return remove("cloud", `server ${state.serverId} is being deleted on the cloud`);
  }
  if (node.role === "node" && findLabel(config, node.label) === null) {
    return remove("configuration", `the configuration no longer has label ${node.label}`);
  }
  return { do: "stay" };
}

/** Somebody works on the node or keeps it, and on its subnodes with it: what is done to their servers is theirs to do. */
const BEYOND_US: ReadonlySet<NodeStateName> = new Set(["used", "hold"]);

function planBeside(parent: NodeRecord, situation: NodeSituation<"ready">): NodeStep {
  const { serverId } = situation.state;
  if (stateName(parent) === "hold") return keptWithServer(situation, { serverId });
  const trouble = serverTrouble(situation, serverId);
  if (trouble?.kind !== "vanished") return { do: "stay" };
  return { do: "change", event: { type: "delete", by: "cloud", comment: trouble.message, result: "lost" } };
}

/** Nobody can log in to a server in one of these; others (REBOOT, RESIZE, …) pass. */
const UNUSABLE: ReadonlySet<string> = new Set([
  "SHUTOFF",
  "STOPPED",
  "SUSPENDED",
  "PAUSED",
  "SHELVED",
  "SHELVED_OFFLOADED",
  "RESCUE",
]);

/** The tasks of a server that somebody deletes: it is ACTIVE all the while, for hours where its host is slow. */
const DELETING: ReadonlySet<string> = new Set(["deleting", "soft-deleting"]);
