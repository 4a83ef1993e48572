/**
 * The state's file, before it is opened: its directory exists, only its owner can read it, and it is an SQLite
 * database or empty. Any other file is never opened for writing, so nothing in it is lost. Called by the KV store
 * and the state lock.
 */
import { dirname, isAbsolute, join } from "node:path";
import { damagedState, unusableState } from "./state_errors.ts";

/** Only the owner reads and writes: the state tells which servers there are and whose jobs run on them. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** How each SQLite database begins. */
const SQLITE_MAGIC = "SQLite format 3\0";

/** Links that Linux follows from one name before it takes them for a loop. */
const MOST_LINKS = 40;

/**
 * The file that a path leads to, through links where it is one: SQLite keeps its log beside that file, and so must lie there
 * whatever belongs to it. It need not exist.
 */
export async function stateFileAt(path: string): Promise<string> {
  let file = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const to = await Deno.readLink(file).catch(() => null);
    if (to === null) return file;
    file = isAbsolute(to) ? to : join(await Deno.realPath(dirname(file)), to);
  }
  return path;
}

/**
 * Creates the directory of the state unless it exists (mode 0700, with its parents).
 * @throws StoreError `unusable`
 */
export async function prepareStateDirectory(path: string): Promise<void> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  } catch (cause) {
    throw unusableState(path, "its directory cannot be created", cause);
  }
}

/**
 * Creates an empty file of mode 0600, or checks the existing one.
 * @throws StoreError `unusable` for what cannot be opened, `damaged` for what is no SQLite database
 */
export async function prepareStateFile(path: string): Promise<void> {
  await prepareStateDirectory(path);
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true, create: true, mode: FILE_MODE });
  } catch (cause) {
    throw unusableState(path, "the file cannot be opened for writing", cause);
  }
  using opened = file;
  const { isFile, mode } = await opened.stat();
  if (!isFile) throw unusableState(path, "it is not a file");
  if (mode !== null && (mode & 0o077) !== 0) {
    await Deno.chmod(path, FILE_MODE).catch((cause) => {
      throw unusableState(path, "it cannot be made readable by its owner alone", cause);
    });
  }
  const head = await readHead(opened);
  // Nothing at all is what a process leaves that was killed right after it made the file.
  if (head !== "" && head !== SQLITE_MAGIC) throw damagedState(path, "it is not a SQLite database");
}

/** Bytes of a file; 0: it is not there, or cannot be reached. */
export async function sizeOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}

/** Whether something is there under that name. */
export async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => !(error instanceof Deno.errors.NotFound));
}

/** Removes a database that is ours to remove, with what SQLite keeps beside it; what is not there is fine. */
export async function removeState(path: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(path + suffix).catch(() => {});
}

async function readHead(file: Deno.FsFile): Promise<string> {
  const bytes = new Uint8Array(SQLITE_MAGIC.length);
  const count = await file.read(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, count));
}
