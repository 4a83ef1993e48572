/** Paths that users give for files that are to be written, looked at before anything is done for such a file. */
import { dirname, resolve } from "node:path";
import { fileReason } from "./file_reason.ts";

/** Absolute; a slash at its end stays, so that a folder that is missing is not taken for a file. */
export function resolveFile(path: string): string {
  const absolute = resolve(path);
  return path.endsWith("/") && absolute !== "/" ? `${absolute}/` : absolute;
}

interface NewFileOptions {
  /** Whether a file that is there is written to, too; false by default. */
  readonly mayExist?: boolean;
  /** The option that gave the path; left out: it is an argument. */
  readonly option?: string;
}

/** @returns for people: why there can be no new file, and what to do; null: nothing is known that speaks against it */
export async function newFileProblem(path: string, options: NewFileOptions = {}): Promise<string | null> {
  const folder = path.endsWith("/") ? path : dirname(path);
  const problem = await folderProblem(folder, options) ?? await placeProblem(path, options);
  return problem === null ? null : `cannot write ${path}: ${problem}`;
}

async function folderProblem(folder: string, options: NewFileOptions): Promise<string | null> {
  try {
    if ((await Deno.stat(folder)).isDirectory) return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return `there is no folder ${folder}; make it first, or ${nameAnother(options)}`;
    }
    if (!(error instanceof Deno.errors.NotADirectory)) return fileReason(error);
  }
  return `${folder} is not a folder; ${nameAnother(options)}`;
}

async function placeProblem(path: string, options: NewFileOptions): Promise<string | null> {
  try {
    if ((await Deno.lstat(path)).isDirectory) return "it is a folder; name a file in it";
    return options.mayExist ? null : `it exists already; ${nameAnother(options)}, or remove it first`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? null : fileReason(error);
  }
}

function nameAnother({ option }: NewFileOptions): string {
  return option === undefined ? "name another file" : `name another file with ${option}`;
}
