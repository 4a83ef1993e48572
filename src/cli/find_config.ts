/**
 * Which configuration a command is about: the one that `-c` names, else the variable NODEPOOL_CONFIG, else
 * `nodepool.yaml` in the working directory, else the one in /etc. The one place that decides it, for all programs.
 */
import { join } from "node:path";
import { fileReason } from "../lib/file_reason.ts";
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
  const absence = folder === null ? "the working directory is gone" : lookIn(folder);
  if (absence === null) {
    return { file: fileIn(folder!), origin: "folder", reason: "found in the working directory" };
  }
  const reason = `the default, since neither -c nor NODEPOOL_CONFIG names one and ${absence}`;
  return { file: DEFAULT_CONFIG_FILE, origin: "default", reason };
}

function fileIn(folder: string): string {
  return join(folder, "nodepool.yaml");
}

/** Why nothing there can be used; null: there is a file. A link that leads nowhere counts as one. */
function lookIn(folder: string): string | null {
  const file = fileIn(folder);
  try {
    refuseStrangers(file, { ...Deno.lstatSync(file), isPublic: isPublic(folder) });
    return null;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Deno.errors.NotFound) return `there is no ${file}`;
    return `${file} cannot be looked at: ${fileReason(error)}`;
  }
}

/** Whether every user can put files there. */
function isPublic(folder: string): boolean {
  return ((Deno.statSync(folder).mode ?? 0) & 0o002) !== 0;
}

function refuseStrangers(file: string, { uid, isPublic }: { uid: number | null; isPublic: boolean }): void {
  if (!isPublic || uid === 0 || uid === Deno.uid()) return;
  throw new UsageError(
    `will not use the configuration ${file} unasked: it belongs to another user (uid ${uid}), and every user can ` +
      `write to that directory; name a configuration with -c`,
  );
}
