/** Decides what follows a step of a node's launch that has gone well: files and scripts, its target, or use. Pure. */
import type { Config } from "../domain/config.ts";
import { findLabel, findTarget, handOverOf } from "../domain/hand_over.ts";
import type { NodeRecord } from "../domain/node.ts";

export function afterLogin(node: NodeRecord, config: Config): "prepare" | "assign" | "ready" {
  if (node.role !== "node" || node.subnodeCount > 0) return "prepare";
  const readyScript = findLabel(config, node.label)?.readyScript ?? null;
  return readyScript === null ? afterPreparation(node, config) : "prepare";
}

/** The next phase of a node that has all it needs. */
export function afterPreparation(node: NodeRecord, config: Config): "assign" | "ready" {
  const target = findTarget(config, node.target);
  return target === null || handOverOf(target) === "none" ? "ready" : "assign";
}
