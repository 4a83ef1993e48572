/** A node that waits for work: it stays as long as its server is there, its label wants it, and work can come to it. */
import { type NodeRecord, type NodeStateName, stateName } from "../../domain/node.ts";
import { whyStranded } from "../../domain/hand_over.ts";
import {
  brokenGroup,
  keptWithServer,
  type NodeSituation,
  type NodeStep,
  remove,
  removeVanished,
  whyOutdated,
} from "../node_step.ts";

export function planReady(situation: NodeSituation<"ready">): NodeStep {
  const { node, state, config, parent } = situation;
  if (parent !== null && BEYOND_US.has(stateName(parent))) return planBeside(parent, situation);
  const broken = brokenGroup(situation, state.serverId);
  if (broken !== null) return remove("cloud", broken, "lost");
  const why = node.role === "node" ? whyOutdated(node, config) ?? whyStranded(node, config) : null;
  return why === null ? { do: "stay" } : remove("configuration", why, "unused");
}

/** Somebody works on the node or keeps it, and on its subnodes with it: what is done to their servers is theirs to do. */
const BEYOND_US: ReadonlySet<NodeStateName> = new Set(["used", "hold"]);

function planBeside(parent: NodeRecord, situation: NodeSituation<"ready">): NodeStep {
  if (stateName(parent) === "hold") return keptWithServer(situation, situation.state.serverId);
  return removeVanished(situation) ?? { do: "stay" };
}
