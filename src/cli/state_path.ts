/**
 * Where the state lies, read from the configuration file without the rest of it: a command that talks to a running
 * daemon starts in a tenth of the time, and does not care whether the file is broken elsewhere (the daemon runs on
 * its last good one). Where the lines alone do not tell, it asks the YAML parser; a state is never guessed.
 */
import { DEFAULT_STATE } from "../domain/default_state.ts";
import { formatProblem } from "../config/config_error.ts";
import { denoEnvironment } from "../config/deno_environment.ts";
import { expandHome } from "../config/environment.ts";
import { firstLevel } from "../config/first_level.ts";
import { readLooseText } from "../config/read_text.ts";
import { fileReason } from "../lib/file_reason.ts";

export interface StatePath {
  readonly state: string;
  /** For people, where the file does not tell: why, and what to do; `state` is then the default one. */
  readonly problem: string | null;
}

export async function findStatePath(
  configFile: string,
  { home }: { home: string },
): Promise<StatePath> {
  try {
    const text = await readLooseText(configFile, denoEnvironment);
    const state = await stateIn(text);
    if (state === undefined) return { state: DEFAULT_STATE, problem: await whyUnknown(text, configFile) };
    const path = state ?? DEFAULT_STATE;
    return { state: expandHome(path, { home: () => home }), problem: null };
  } catch (error) {
    const advice = error instanceof Deno.errors.PermissionDenied
      ? "run this as a user who may read it"
      : error instanceof Deno.errors.NotFound
      ? "name another with -c, or write one with `nodepool init`"
      : "name another with -c";
    return { state: DEFAULT_STATE, problem: `cannot be read: ${fileReason(error)}; ${advice}` };
  }
}

/** Completes a sentence that names the file. */
async function whyUnknown(text: string, file: string): Promise<string> {
  const { root, problems: [first] } = await readTree(text, file);
  const why = first !== undefined
    ? formatProblem(first)
    : root?.kind === "mapping"
    ? "its key `state` is not a path"
    : "it is not a mapping";
  return `does not say where its state is: ${why}; correct it (\`nodepool config-validate\` says what is wrong), ` +
    "or name another with -c";
}

/** The value of the top-level key `state`; null where a sound file has no such key, undefined where that is not certain. */
export async function stateIn(yaml: string): Promise<string | null | undefined> {
  const quick = scan(yaml);
  return quick === undefined ? await parse(yaml) : quick;
}

/** A value that is what it looks like: no anchors, tags, blocks, comments or escapes. */
const PLAIN_VALUE =
  /^state:[ \t]+(?:"([^"\\]+)"|'([^']+)'|([\p{L}\d_./~](?:[\p{L}\d_./~@%+,[\]-]|:(?=[^\s])| +(?=[\p{L}\d_./~]))*))[ \t]*\r?$/u;

/** Reads the lines only; undefined where they do not tell for certain. */
function scan(yaml: string): string | null | undefined {
  const stated = firstLevel(yaml)?.lines.filter((line) => line.startsWith("state:"));
  if (stated === undefined) return undefined;
  const [, double, single, plain] = (stated.length === 1 ? stated[0]!.match(PLAIN_VALUE) : null) ?? [];
  return plain === undefined || !/^(?:null|true|false|~|[\d.]+)$/i.test(plain)
    ? double ?? single ?? plain
    : undefined;
}

async function parse(yaml: string): Promise<string | null | undefined> {
  const { root } = await readTree(yaml, "");
  if (root?.kind !== "mapping") return undefined;
  const node = root.entries.get("state")?.node;
  const value = node === undefined ? null : node.kind === "scalar" ? node.value : undefined;
  return value === null || typeof value === "string" && value !== "" ? value : undefined;
}

async function readTree(text: string, file: string) {
  const { readYaml } = await import("../config/read_yaml.ts");
  return readYaml(text, file);
}
