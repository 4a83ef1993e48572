/**
 * A file that tells others this process's id: locked while the process lives, so that it is known whether an older one
 * is still in use, whatever process has that id by now. A file that is not plain, or holds something else than an id,
 * is somebody's mistake and left alone. Opened without following a link. The daemon writes one where it is asked to.
 */
import { fileReason } from "./file_reason.ts";

const NO_FOLDER = "there is no such directory; create it, or give another --pidfile";

/** The pid file cannot be written: what was attempted, why, what to do. */
export class PidFileError extends Error {
  override readonly name = "PidFileError";
  constructor(path: string, why: string) {
    super(`cannot write the pid file ${path}: ${why}`);
  }
}

interface PidFileOptions {
  /** Told why the file could not be removed. */
  onTrouble(message: string): void;
}

/**
 * Written until it is disposed of, which removes the file if it is still this process's.
 * @throws PidFileError
 */
export function writePidFile(path: string, { onTrouble }: PidFileOptions): Disposable {
  const file = openPlainFile(path);
  try {
    claim(file, path);
    file.truncateSync();
    file.seekSync(0, Deno.SeekMode.Start);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    throw error instanceof PidFileError ? error : new PidFileError(path, fileReason(error, NO_FOLDER));
  }
  return {
    [Symbol.dispose]() {
      removeOurs(path, { file, onTrouble });
      file.close();
    },
  };
}

/** A new file, or the plain one that is there: what was looked at is what was opened. */
function openPlainFile(path: string): Deno.FsFile {
  try {
    const found = statOf(path);
    if (found === null) return Deno.openSync(path, { read: true, write: true, createNew: true });
    if (!isPlain(found)) {
      throw new PidFileError(
        path,
        `it is ${kindOf(found)}; name a regular file, or one that does not exist yet`,
      );
    }
    const file = Deno.openSync(path, { read: true, write: true });
    if (isSame(file.statSync(), found)) return file;
    file.close();
    throw new PidFileError(path, "it was replaced just now; try again");
  } catch (error) {
    throw error instanceof PidFileError ? error : new PidFileError(path, fileReason(error, NO_FOLDER));
  }
}

/** @throws PidFileError where it is in use, or is no pid file */
function claim(file: Deno.FsFile, path: string): void {
  const text = textOf(file);
  if (!/^\s*\d*\s*$/.test(text)) {
    throw new PidFileError(
      path,
      "it does not hold a process id; name another file, or remove it",
    );
  }
  if (file.tryLockSync(true)) return;
  const why = `process ${text.trim()} is running and owns it; give another --pidfile, or stop that process`;
  throw new PidFileError(path, why);
}

/** A stop succeeds even if the file was removed or replaced. */
function removeOurs(path: string, { file, onTrouble }: { file: Deno.FsFile } & PidFileOptions): void {
  try {
    const found = statOf(path);
    if (found !== null && isSame(file.statSync(), found) && textOf(file).trim() === String(Deno.pid)) {
      Deno.removeSync(path);
    }
  } catch (error) {
    onTrouble(`cannot remove the pid file ${path}: ${fileReason(error, NO_FOLDER)}`);
  }
}

/** null: nothing is there. */
function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** With one name only: another could be a file that matters to somebody. */
function isPlain({ isFile, nlink }: Deno.FileInfo): boolean {
  return isFile && (nlink ?? 1) === 1;
}

function isSame(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function kindOf({ isSymlink, isDirectory, isFile }: Deno.FileInfo): string {
  if (isSymlink) return "a link";
  if (isDirectory) return "a directory";
  return isFile ? "a file with several names (hard links)" : "not a regular file";
}

/** Its beginning, longer than any process id. */
function textOf(file: Deno.FsFile): string {
  const bytes = new Uint8Array(64);
  file.seekSync(0, Deno.SeekMode.Start);
  return new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
}
