/** The stages of a server as samples and reports count them: one that is tested is still being built. */
import type { NodeStateName } from "./node.ts";

export type ServerStage = "building" | "ready" | "used" | "held" | "deleting";

export const serverStages: Readonly<Record<NodeStateName, ServerStage>> = {
  building: "building",
  test: "building",
  ready: "ready",
  used: "used",
  hold: "held",
  delete: "deleting",
};
