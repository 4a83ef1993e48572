/** How a target takes its nodes, as the configuration says. Pure. */
import type { Config, TargetConfig } from "./config.ts";

/** `none`: its nodes are only used from here. */
type HandOver = "jenkins" | "gearman" | "none";

export function handOverOf(target: Pick<TargetConfig, "jenkins" | "assignViaGearman">): HandOver {
  if (target.assignViaGearman) return "gearman";
  return target.jenkins !== null && target.jenkins.url !== null ? "jenkins" : "none";
}

/** null: the configuration has no such target any more, as where no target is configured at all. */
export function findTarget(config: Pick<Config, "targets">, name: string): TargetConfig | null {
  return config.targets.find((target) => target.name === name) ?? null;
}
