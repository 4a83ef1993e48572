/** Reads one file of the configuration as text; what can be wrong with a file as such becomes a Problem here. */
import { ConfigError, type Problem } from "./config_error.ts";
import { fileReason } from "../lib/file_reason.ts";
import type { Environment } from "./environment.ts";

/** Far above any real configuration; keeps a wrong path (a disk image, a log) from filling the memory. */
const MAX_FILE_SIZE = 4 * 1024 * 1024;
const TOO_LARGE = "is larger than 4 MiB, too large for a configuration";

/** How files are read. */
export interface Reading {
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

/**
 * The text of a file, without a byte order mark, in which something else than UTF-8 is replaced.
 * @throws what the machine says, Error with the reason when it is too large
 */
export async function readLooseText(
  path: string,
  { readFile }: Pick<Environment, "readFile">,
): Promise<string> {
  const bytes = await readFile(path, { limit: MAX_FILE_SIZE + 1 });
  if (bytes.length > MAX_FILE_SIZE) throw new Error(`it ${TOO_LARGE}`);
  return new TextDecoder().decode(bytes);
}

/**
 * The text of a file, without a byte order mark.
 * @throws ConfigError when it cannot be read, is too large or is not UTF-8
 */
export async function readText(path: string, { environment, signal }: Reading): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await environment.readFile(path, { limit: MAX_FILE_SIZE + 1, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConfigError([fileProblem(path, `cannot be read: ${fileReason(error)}`)], { cause: error });
  }
  return decode(bytes, path);
}

function decode(bytes: Uint8Array, path: string): string {
  if (bytes.length > MAX_FILE_SIZE) {
    throw new ConfigError([fileProblem(path, TOO_LARGE)]);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError([invalidByteProblem(bytes, path)], { cause: error });
  }
}

/** Whether YAML has nothing in it but comments. */
export function isBlankYaml(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(?:#|(?:---\s*)?$)/.test(line));
}

/** A problem of a file as a whole. */
export function fileProblem(file: string, message: string): Problem {
  const unknown = {
    line: null,
    column: null,
    found: null,
    expected: null,
    suggestion: null,
    excerpt: null,
    marks: "place",
  } as const;
  return { ...unknown, file, path: "", message };
}

function invalidByteProblem(bytes: Uint8Array, file: string): Problem {
  const before = longestValidStart(bytes);
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n");
  return {
    ...fileProblem(file, "is not UTF-8 text: invalid byte here; save the file as UTF-8"),
    line,
    column,
  };
}

function longestValidStart(bytes: Uint8Array): string {
  // Replacement characters stand where decoding failed; the first one that the input does not hold is the place.
  const text = new TextDecoder("utf-8").decode(bytes);
  for (let at = text.indexOf("\ufffd"); at >= 0; at = text.indexOf("\ufffd", at + 1)) {
    const start = text.slice(0, at);
    const offset = new TextEncoder().encode(start).length;
    const genuine = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (!genuine) return start;
  }
  return text;
}

const OTHERS_READ = 0o004;

/** Warns of files that hold secrets and that every user of the machine may read. */
export async function exposedFiles(
  paths: readonly string[],
  { environment, signal }: Reading,
): Promise<Problem[]> {
  const facts = await Promise.all(paths.map((path) => environment.stat(path, { signal })));
  return paths.filter((_, index) => ((facts[index]?.mode ?? 0) & OTHERS_READ) !== 0).map((path) =>
    fileProblem(path, "holds secrets and is readable by every user; run chmod o-rwx on it")
  );
}
