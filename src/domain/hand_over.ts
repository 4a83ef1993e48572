/** How a target takes its nodes, as the configuration says, and what a node needs before. Pure. */
import type { Config, LabelConfig, TargetConfig } from "./config.ts";
import type { NodeRecord } from "./node.ts";
import type { Instant } from "./time.ts";

/** `none`: its nodes are only used from here. */
type HandOver = "jenkins" | "gearman" | "none";

export function handOverOf(target: Pick<TargetConfig, "jenkins" | "assignViaGearman">): HandOver {
  if (target.assignViaGearman) return "gearman";
  return target.jenkins !== null && target.jenkins.url !== null ? "jenkins" : "none";
}

/** By manager: since when no report of a job on its nodes can have been missed; of one that is missing, they may be. */
export type HeardSince = ReadonlyMap<string, Instant>;

/**
 * Whether no job can be running on a node that is ready, or whose job has ended: no target has it, or the start of each job
 * since would have been reported.
 */
export function isSurelyFree(
  { assignedAt, manager, jobEnd }: Pick<NodeRecord, "assignedAt" | "manager" | "jobEnd">,
  heardSince: HeardSince,
): boolean {
  return assignedAt === null || (heardSince.get(manager ?? "") ?? Infinity) <= (jobEnd?.at ?? assignedAt);
}

/** Whether a node that nobody has may be marked for deletion: no job can be running on it, or its Jenkins is asked first. */
export function mayBeDeleted(
  node: Pick<NodeRecord, "assignedAt" | "manager" | "jobEnd" | "target">,
  { config, heardSince }: { readonly config: Pick<Config, "targets">; readonly heardSince: HeardSince },
): boolean {
  const target = findTarget(config, node.target);
  return isSurelyFree(node, heardSince) || (target !== null && handOverOf(target) === "jenkins");
}

/** Why no work can come to a ready node, as the targets are now; null: it can. */
export function whyStranded(
  { target: name, assignedAt }: Pick<NodeRecord, "assignedAt" | "target">,
  config: Pick<Config, "targets">,
): string | null {
  const target = findTarget(config, name);
  if (target !== null && handOverOf(target) !== "none") {
    return assignedAt === null ? `it was ready before target ${name} took nodes` : null;
  }
  // What a target may send jobs to is not handed out, nor is anything where some target takes nodes.
  if (assignedAt !== null && target !== null) return `target ${name} no longer takes nodes`;
  const isUsable = assignedAt === null &&
    (target !== null || config.targets.every((one) => handOverOf(one) === "none"));
  return isUsable ? null : `the configuration no longer has target ${name}`;
}

/** The phase after a login during a launch: files and scripts, the hand-over to its target, or use. */
export function afterLogin(
  node: NodeRecord,
  config: Pick<Config, "labels" | "targets">,
): "prepare" | "assign" | "ready" {
  if (node.role !== "node" || node.subnodeCount > 0) return "prepare";
  const readyScript = findLabel(config, node.label)?.readyScript ?? null;
  return readyScript === null ? afterPreparation(node, config) : "prepare";
}

/** The next phase of a node that has all it needs. */
export function afterPreparation(node: NodeRecord, config: Pick<Config, "targets">): "assign" | "ready" {
  const target = findTarget(config, node.target);
  return target === null || handOverOf(target) === "none" ? "ready" : "assign";
}

/** null: the configuration has no such target any more, as where no target is configured at all. */
export function findTarget(config: Pick<Config, "targets">, name: string): TargetConfig | null {
  return config.targets.find((target) => target.name === name) ?? null;
}

export function findLabel(config: Pick<Config, "labels">, name: string): LabelConfig | null {
  return config.labels.find((label) => label.name === name) ?? null;
}
