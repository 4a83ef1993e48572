/**
 * The answer to `plan` about another configuration: its own changes, and their effects on the pool as it is. Nothing is put into
 * effect. The daemon's pool and the one without a daemon give it.
 */
import { ConfigError, formatProblem } from "../config/config_error.ts";
import type { LoadedConfig } from "../config/load_config.ts";
import type { ConfigPlan } from "../domain/config_effects.ts";
import { type ConfigChange, planEffects } from "../plan/forecast/plan_effects.ts";
import { configChanges } from "./config_changes.ts";

/** @param read throws ConfigError */
export async function planConfig(
  read: () => Promise<LoadedConfig>,
  { before, ...situation }: Omit<ConfigChange, "after">,
): Promise<ConfigPlan> {
  try {
    const { config: after, warnings } = await read();
    const changed = before === null ? { changes: [], atNextStart: [] } : configChanges(before, after);
    const isSame = before !== null && changed.changes.length === 0;
    return {
      ...changed,
      problems: [],
      warnings: warnings.map(formatProblem),
      // The same by its content has no effect, whatever the pool is about to do.
      effects: planEffects({ ...situation, before: isSame ? after : before, after }),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems, warnings: [], changes: [], atNextStart: [], effects: null };
  }
}
