/**
 * The lock that makes one process the owner of a state: an OS lock on `PATH.lock`, which the system gives up when
 * the process ends, however it ends. The file's text says who holds it; the file itself stays, since removing it
 * would let two processes lock two files of the same name. Taken before the state is opened, by the daemon and by
 * commands that work without one.
 */
import type { Clock } from "../lib/clock.ts";
import type { Milliseconds } from "../domain/time.ts";
import { StoreError } from "./store.ts";
import { stateFailure, unusableState } from "./state_errors.ts";
import { prepareStateDirectory, stateFileAt } from "./state_file.ts";

interface StateLockOptions {
  /** Who asks: what others are told while the lock is held, such as `nodepool daemon`. */
  readonly holder: string;
  readonly clock: Clock;
  /** How long to try while somebody else holds it; 0 (the default): once. */
  readonly wait?: Milliseconds;
}

/** Between two attempts: short against a command's run, long against the cost of an attempt. */
const RETRY: Milliseconds = 50;

/**
 * Takes the lock of the state at `path`, which is held until it is disposed.
 * @throws StoreError `locked`, naming the holder's pid; `unusable` when the lock file cannot be made
 */
export async function lockState(
  given: string,
  { holder, clock, wait = 0 }: StateLockOptions,
): Promise<Disposable> {
  const path = await stateFileAt(given);
  await prepareStateDirectory(path);
  const deadline = clock.monotonic() + wait;
  for (;;) {
    const lock = await tryLock(path, holder);
    if (lock !== null) return lock;
    const left = deadline - clock.monotonic();
    if (left <= 0) throw await lockedError(path);
    await clock.sleep(Math.min(RETRY, left));
  }
}

/** Who holds the lock of the state at `path`, or held it last; null: nobody has written it down. */
export async function readLockHolder(path: string): Promise<{ pid: number; holder: string } | null> {
  const text = await Deno.readTextFile(lockPath(path)).catch(() => "");
  const match = text.match(/^(\d+) (.*)\n/);
  return match === null ? null : { pid: Number(match[1]), holder: match[2]! };
}

/**
 * Does a process hold the lock of the state at `path` now? It is not waited for, and nothing is made.
 * @throws StoreError where that cannot be known
 */
export async function isStateLocked(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(lockPath(await stateFileAt(path)));
    return !await file.tryLock(false);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw unusableState(path, "its lock file cannot be opened", error);
  }
}

async function tryLock(path: string, holder: string): Promise<Disposable | null> {
  using taking = new DisposableStack();
  const file = taking.use(await openLockFile(path));
  const isTaken = await file.tryLock(true).catch((error) => {
    throw stateFailure(path, "its lock cannot be taken (does its file system have locks?)", error);
  });
  if (!isTaken) return null;
  await noteHolder(file, holder).catch(() => {});
  return taking.move();
}

/** For people alone: where it has no room, a state can be looked at all the same. */
async function noteHolder(file: Deno.FsFile, holder: string): Promise<void> {
  const note = new TextEncoder().encode(`${Deno.pid} ${holder}\n`);
  // First, since a note of before has room already.
  await file.write(note);
  await file.truncate(note.length);
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(lockPath(path), { read: true, write: true, create: true, mode: 0o600 });
  } catch (error) {
    throw unusableState(path, "its lock file cannot be opened", error);
  }
}

async function lockedError(path: string): Promise<StoreError> {
  const found = await readLockHolder(path);
  const who = found === null ? "another process" : `${found.holder} (pid ${found.pid})`;
  return new StoreError("locked", `the state ${path} is in use by ${who}`);
}

function lockPath(path: string): string {
  return `${path}.lock`;
}
