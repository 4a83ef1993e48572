/**
 * Which configuration a command is about: the one that `-c` names, else the variable NODEPOOL_CONFIG, else
 * `nodepool.yaml` in the working directory, else the one in /etc. The one place that decides it, for all programs.
 */
import { join } from "node:path";
import { UsageError } from "./cli_error.ts";

export interface ConfigChoice {
  readonly file: string;
  /** Where nobody named the file, it may be missing without a mistake of anybody's. */
  readonly origin: "option" | "variable" | "folder" | "default";
  /** How it was chosen, for people: `named by …`. */
  readonly reason: string;
}

interface Surroundings {
  /** The value of `-c`; null: it was not given. */
  readonly option: string | null;
  /** The value of NODEPOOL_CONFIG. */
  readonly variable: string | undefined;
  /** The working directory; null: it is gone. */
  readonly folder: string | null;
}

const DEFAULT_CONFIG_FILE = "/etc/nodepool/nodepool.yaml";

/** @throws UsageError for a file in the working directory that anybody may have put there */
export function findConfig({ option, variable, folder }: Surroundings): ConfigChoice {
  if (option !== null) return { file: option, origin: "option", reason: "named by -c" };
  if (variable !== undefined && variable !== "") {
    return { file: variable, origin: "variable", reason: "named by the variable NODEPOOL_CONFIG" };
  }
  const here = folder === null ? null : join(folder, "nodepool.yaml");
  if (here !== null && isOurs(folder!, here)) {
    return { file: here, origin: "folder", reason: "found in the working directory" };
  }
  const nothing = here === null ? "the working directory is gone" : `there is no ${here}`;
  const reason = `the default, since neither -c nor NODEPOOL_CONFIG names one and ${nothing}`;
  return { file: DEFAULT_CONFIG_FILE, origin: "default", reason };
}

/** False: it does not exist. Links that lead nowhere exist, too. */
function isOurs(folder: string, file: string): boolean {
  let uid: number | null;
  let mode: number | null;
  try {
    ({ uid } = Deno.lstatSync(file));
    ({ mode } = Deno.statSync(folder));
  } catch {
    return false;
  }
  const isPublic = ((mode ?? 0) & 0o002) !== 0;
  if (!isPublic || uid === 0 || uid === Deno.uid()) return true;
  throw new UsageError(
    `will not use the configuration ${file} unasked: it belongs to another user (uid ${uid}), and every user can ` +
      `write to that directory; name a configuration with -c`,
  );
}
