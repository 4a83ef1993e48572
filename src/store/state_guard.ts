/**
 * Sees to it that the state on the disk stays the one that this process has opened. Somebody may remove it, put
 * another in its place, empty it or write over it; SQLite goes on with the file that it holds open, and all that it
 * writes is lost at the next start. So before each write, and every few seconds, the files are looked at: only this
 * process's own writes may have changed them. The writer calls it around each transaction.
 */
import { goneState, unreachedState } from "./state_errors.ts";

/** Of an SQLite database: its size, how often it changed, the version that last wrote it. */
const HEADER_BYTES = 100;

export class StateGuard implements Disposable {
  readonly #path: string;
  /** Kept open, since closing any descriptor of the database would give up SQLite's own locks on it. */
  readonly #file: Deno.FsFile;
  /** As they were after this process last wrote; null: there was none. */
  #database: Deno.FileInfo | null;
  #log: Deno.FileInfo | null;
  #header: string;
  /** The log that SQLite writes, wherever its name leads to by now; null: there was none. */
  readonly #logFile: Deno.FsFile | null;
  #isLost = false;
  /** Whether somebody else has written into the very file that SQLite has open. */
  #isForeign = false;

  /** @param path of a state that has been opened and written to */
  constructor(path: string) {
    this.#path = path;
    this.#file = Deno.openSync(path, { read: true });
    this.#database = look(path);
    this.#log = look(`${path}-wal`);
    this.#logFile = this.#log === null ? null : Deno.openSync(`${path}-wal`, { write: true });
    this.#header = this.#readHeader();
  }

  /** Whether `check` has found that the state is gone. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** @throws StoreError `gone`; `unusable` where the files cannot be reached, which tells nothing of them */
  check(): void {
    const problem = this.#databaseProblem() ?? this.#logProblem();
    if (problem === null) return;
    this.#isLost = true;
    throw goneState(this.#path, problem);
  }

  /** Of a lost state whose copy has been written: SQLite would take its log into whatever file has the name by now. */
  removeLog(): void {
    const [log, now] = [this.#log, look(`${this.#path}-wal`)];
    if (this.#databaseProblem() === null || log === null || now === null || !isSame(log, now)) return;
    for (const suffix of ["-wal", "-shm"]) Deno.removeSync(this.#path + suffix);
  }

  /** To be called after each write: what has changed since `check` was this process. */
  wrote(): void {
    try {
      const database = look(this.#path);
      if (changedAt(database) !== changedAt(this.#database)) this.#header = this.#readHeader();
      this.#database = database;
      this.#log = look(`${this.#path}-wal`);
    } catch {
      // They could be reached before the write: the next `check` tells, and finds this header.
      this.#header = this.#readHeader();
    }
  }

  /** Before the state is closed, when SQLite takes its log into the file: whatever somebody has put there stays as it is. */
  closing(): void {
    try {
      this.#databaseProblem();
      if (this.#isForeign) this.#logFile?.truncateSync(0);
    } catch {
      // It cannot be reached, or written: nor can SQLite.
    }
  }

  /** Only once the state is closed. */
  [Symbol.dispose](): void {
    this.#file.close();
    this.#logFile?.close();
  }

  #databaseProblem(): string | null {
    const [before, now] = [this.#database, look(this.#path)];
    if (before === null || now === null) return "the file has been removed";
    if (!isSame(before, now)) return "it has been replaced by another file";
    const isCut = now.size < before.size;
    if (!isCut && (changedAt(now) === changedAt(before))) return null;
    this.#isForeign = isCut || this.#readHeader() !== this.#header;
    if (isCut) return `the file has been cut from ${before.size} to ${now.size} bytes`;
    if (this.#isForeign) return "another program has written over it";
    // Only its time was touched.
    this.#database = now;
    return null;
  }

  #logProblem(): string | null {
    const [before, now] = [this.#log, look(`${this.#path}-wal`)];
    if (before === null) return null;
    if (now === null) return "its write-ahead log has been removed";
    if (!isSame(before, now)) return "its write-ahead log has been replaced by another one";
    return now.size < before.size ? "its write-ahead log has been cut" : null;
  }

  #readHeader(): string {
    const bytes = new Uint8Array(HEADER_BYTES);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const count = this.#file.readSync(bytes) ?? 0;
    return bytes.subarray(0, count).toHex();
  }
}

/** null: it does not exist. @throws StoreError where it cannot be reached */
function look(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw unreachedState(path, error);
  }
}

function isSame(a: Deno.FileInfo, b: Deno.FileInfo): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function changedAt(file: Deno.FileInfo | null): number | undefined {
  return file?.mtime?.getTime();
}
