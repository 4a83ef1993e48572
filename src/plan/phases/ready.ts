/** A node that waits for work: it stays as long as its server and its label are there. */
import { isRetired } from "../label_state.ts";
import { type NodeSituation, type NodeStep, serverTrouble } from "../node_step.ts";

export function planReady(situation: NodeSituation<"ready">): NodeStep {
  const { node, state, config, seen } = situation;
  const remove = (comment: string, result: "lost" | "unused"): NodeStep => ({
    do: "change",
    event: { type: "delete", comment, result },
  });

  const trouble = serverTrouble(situation, state.serverId);
  if (trouble !== null) return remove(trouble.message, "lost");
  const status = seen.inventory.servers.get(state.serverId)?.status ?? "ACTIVE";
  if (UNUSABLE.has(status)) return remove(`server ${state.serverId} is ${status}`, "lost");
  if (isRetired(config, node.label)) {
    return remove(`the configuration has no label ${node.label} any more`, "unused");
  }
  return { do: "stay" };
}

/** Nobody can log in to a server in one of these; others (REBOOT, RESIZE, …) pass. */
const UNUSABLE: ReadonlySet<string> = new Set([
  "SHUTOFF",
  "STOPPED",
  "SUSPENDED",
  "PAUSED",
  "SHELVED",
  "RESCUE",
]);
