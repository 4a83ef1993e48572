/** The changes from one configuration to another, and those of them that wait for the next start. Shows no secret. */
import { diffConfig } from "../config/diff_config.ts";
import type { Config } from "../domain/config.ts";

interface ConfigChanges {
  /** All of them, one line each. */
  readonly changes: readonly string[];
  /** Those of them that a running daemon goes by only once it has been started again. */
  readonly atNextStart: readonly string[];
}

export function configChanges(before: Config, after: Config): ConfigChanges {
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
