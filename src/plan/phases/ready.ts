/** A node that waits for work: it stays as long as its server and its label are there. */
import { type NodeRecord, type NodeStateName, stateName } from "../../domain/node.ts";
import type { DeletedBy } from "../../domain/deleted_by.ts";
import { isSurelyFree } from "../../domain/hand_over.ts";
import { findLabel } from "../label_state.ts";
import {
  brokenGroup,
  keptWithServer,
  mayRunJob,
  type NodeSituation,
  type NodeStep,
  serverTrouble,
} from "../node_step.ts";

export function planReady(situation: NodeSituation<"ready">): NodeStep {
  const { node, state, config, parent, heardSince } = situation;
  if (parent !== null && BEYOND_US.has(stateName(parent))) return planBeside(parent, situation);
  const remove = (by: DeletedBy, comment: string): NodeStep => ({
    do: "change",
    event: { type: "delete", by, comment, result: by === "cloud" ? "lost" : "unused" },
  });

  const broken = brokenGroup(situation, state.serverId);
  if (broken !== null) return remove("cloud", broken);
  if (node.role === "node" && findLabel(config, node.label) === null) {
    const why = `the configuration no longer has label ${node.label}`;
    return isSurelyFree(node, heardSince) ? remove("configuration", why) : mayRunJob(node, why);
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
