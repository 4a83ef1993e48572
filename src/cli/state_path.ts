/**
 * Where the state lies, read from the configuration file without the rest of it: a command that talks to a running
 * daemon starts in a tenth of the time, and does not care whether the file is broken elsewhere (the daemon runs on
 * its last good one). Where it must be certain, it asks the YAML parser.
 */
import { fileReason } from "../lib/file_reason.ts";

export const DEFAULT_STATE = "/var/lib/nodepool/nodepool.kv";

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
    const state = await stateIn(await Deno.readTextFile(configFile));
    if (state === undefined) return { state: DEFAULT_STATE, problem: NO_KEY };
    return { state: expandHome(state ?? DEFAULT_STATE, home), problem: null };
  } catch (error) {
    const isForbidden = error instanceof Deno.errors.PermissionDenied;
    const advice = isForbidden ? "run this as a user who may read it" : "name another with -c";
    return { state: DEFAULT_STATE, problem: `cannot be read: ${fileReason(error)}; ${advice}` };
  }
}

const NO_KEY = "does not say where its state lies, since its key `state` cannot be read; " +
  "`nodepool config-validate` says what is wrong with it";

/** The value of the top-level key `state`; null where the file has no such key, undefined where that is not certain. */
export async function stateIn(yaml: string): Promise<string | null | undefined> {
  const quick = scan(yaml);
  return quick === undefined ? await parse(yaml) : quick;
}

/** A line of a block mapping's first level that cannot mean anything but what it looks like. */
const PLAIN_LINE = /^(?:\s.*|#.*|-(?:\s.*)?|[A-Za-z][\w-]*:(?:\s.*)?|)$/;
/** A value that is what it looks like: no quotes, anchors, tags, blocks, comments or escapes. */
const PLAIN_VALUE = /^state:[ \t]+([A-Za-z0-9_./~][\w./~:@%+-]*)[ \t]*\r?$/;

/** Reads the lines only; undefined where that is not certain to be right. */
function scan(yaml: string): string | null | undefined {
  const lines = yaml.split("\n");
  const first = lines.findIndex((line) => !/^(?:#.*|\s*|---\s*)$/.test(line));
  if (first < 0) return null;
  if (!lines.slice(first).every((line) => PLAIN_LINE.test(line)) || /^\s/.test(lines[first]!)) {
    return undefined;
  }
  const stated = lines.filter((line) => line.startsWith("state:"));
  if (stated.length === 0) return null;
  const value = stated.length === 1 ? stated[0]!.match(PLAIN_VALUE)?.[1] : undefined;
  return value === undefined || /^(?:null|true|false|~|[\d.]+)$/i.test(value) ? undefined : value;
}

async function parse(yaml: string): Promise<string | null | undefined> {
  const { parseDocument } = await import("../lib/yaml.ts");
  // Reads on after errors, as far as it can.
  const document = parseDocument(yaml, { merge: true, uniqueKeys: false });
  const state: unknown = document.toJS({ maxAliasCount: 100 })?.state;
  if (typeof state === "string" && state !== "") return state;
  return (state ?? null) === null && document.errors.length === 0 ? null : undefined;
}

function expandHome(path: string, home: string): string {
  return path.startsWith("~/") ? `${home}${path.slice(1)}` : path;
}
