/** In which keys the configuration of a member of the pool differs from the leader's. */
import type { MachinesReport, MemberMachine } from "./machines_report.ts";

/** The leader says what is built, but a builder reaches clouds by itself. */
const KEYS_OF_BUILDERS = ["providers"];

/** Empty: they agree, or cannot be compared: another version of the program has other keys and defaults. */
export function differingKeys(
  { self, config: own }: Pick<MachinesReport, "self" | "config">,
  { role, version, config }: Pick<MemberMachine, "role" | "version" | "config">,
): readonly string[] {
  if (own === null || config === undefined || version !== self?.version) return [];
  const keys = role === "builder"
    ? KEYS_OF_BUILDERS
    : [...new Set([...Object.keys(own), ...Object.keys(config)])].sort();
  return keys.filter((key) => own[key] !== config[key]);
}
