/**
 * The answer to `plan` about another configuration: its own changes, and their effects on the pool as it is. Nothing is put into
 * effect. The daemon's pool and the one without a daemon give it.
 */
import { diffConfig } from "../config/diff_config.ts";
import { ConfigError, formatProblem } from "../config/config_error.ts";
import type { LoadedConfig } from "../config/load_config.ts";
import type { Config, LogConfig } from "../domain/config.ts";
import type { ConfigPlan } from "../domain/config_effects.ts";
import { type ConfigChange, planEffects } from "../plan/forecast/plan_effects.ts";

/** @param read throws ConfigError @param options `overruled`: as `configChanges` has it */
export async function planConfig(
  read: () => Promise<LoadedConfig>,
  { before, overruled, ...situation }: Omit<ConfigChange, "after"> & {
    overruled?: readonly string[] | undefined;
  },
): Promise<ConfigPlan> {
  try {
    const { config: after, warnings } = await read();
    const { changes, atNextStart } = before === null
      ? { changes: [], atNextStart: [] }
      : configChanges(before, after, overruled);
    const isSame = before !== null && changes.length === 0;
    return {
      changes,
      atNextStart,
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
 * The changes from one configuration to another; those of them that wait for the next start, and those that have no effect; one
 * line each, with no secret.
 * @param overruled the keys of `log` in whose place an option of this process decides
 */
export function configChanges(before: Config, after: Config, overruled: readonly string[] = []) {
  const { state, etcd, status: { listen } } = after;
  const status = { ...before.status, listen };
  const ofAfter = (isOf: (key: string) => boolean): LogConfig => {
    const entries = Object.entries(after.log).filter(([key]) => isOf(key));
    return { ...before.log, ...Object.fromEntries(entries) };
  };
  const isOverruled = (key: string) => overruled.includes(key);
  const opened = ofAfter((key) => key !== "profileDir" && !isOverruled(key));
  return {
    changes: diffConfig(before, after),
    // What is opened at the start and kept.
    atNextStart: diffConfig(before, { ...before, state, etcd, status, log: opened }),
    withoutEffect: diffConfig(before, { ...before, log: ofAfter(isOverruled) }),
  };
}
