/**
 * The answer to `plan` about another configuration: its own changes, and their effects on the pool as it is. Nothing is put into
 * effect. The daemon's pool and the one without a daemon give it.
 */
import { diffConfig } from "../config/diff_config.ts";
import { ConfigError, formatProblem } from "../config/config_error.ts";
import type { LoadedConfig } from "../config/load_config.ts";
import type { Config } from "../domain/config.ts";
import type { ConfigPlan } from "../domain/config_effects.ts";
import { type ConfigChange, planEffects } from "../plan/forecast/plan_effects.ts";

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

/**
 * The changes from one configuration to another, and those of them that wait for the next start; one line each, with no
 * secret.
 */
export function configChanges(before: Config, after: Config) {
  return {
    changes: diffConfig(before, after),
    atNextStart: diffConfig(before, withOpened(before, after)),
  };
}

/** The configuration before with what of the new one is opened at the start and kept: the state, the address, the log. */
function withOpened(before: Config, { state, etcd, status: { listen }, log }: Config): Config {
  const status = { ...before.status, listen };
  return { ...before, state, etcd, status, log: { ...log, profileDir: before.log.profileDir } };
}
