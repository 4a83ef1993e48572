/**
 * The last write to a state, noted in a small file beside it: which installation, and how many commits. A state that
 * holds less is not the newest: it was restored from a copy, or its write-ahead log was lost.
 *
 * Written after each commit, never before, so that a process killed in between leaves a state that is no older than
 * its witness. It is not synced: after a power cut it may fall behind, and then notices less. The writer
 * has it; opening a state reads it.
 */
import { basename, dirname, join } from "node:path";
import { copiesBeside, RESCUED } from "./copy_names.ts";
import { lostState } from "./state_errors.ts";
import { isThere, stateFileAt } from "./state_file.ts";

/** The newest that was written to the state at a path. */
export interface Witnessed {
  readonly installation: string;
  /** As `commits` in the state counts them. */
  readonly commits: number;
}

/** Digits that a count is padded to, so that each write covers the one before. */
const DIGITS = 16;

/** null: no state has been written here yet, or the file cannot be read, which tells nothing. */
export async function readWitness(path: string): Promise<Witnessed | null> {
  const text = await Deno.readTextFile(witnessPath(path)).catch(() => "");
  const [, installation, commits] = text.match(/^([0-9a-f-]{36}) (\d{16})\n$/) ?? [];
  if (installation === undefined || commits === undefined) return null;
  return { installation, commits: Number(commits) };
}

/**
 * Whether nobody has made a state here yet. Nothing is made.
 * @throws StoreError where one was there and is gone
 */
export async function isUnmade(given: string): Promise<boolean> {
  const path = await stateFileAt(given);
  if (await isThere(path)) return false;
  if (await readWitness(path) !== null) throw lostState(path);
  return true;
}

/** Writes down each commit, until it is disposed. What cannot be written is left: it protects, and must not hinder. */
export class StateWitness implements Disposable {
  readonly #file: Deno.FsFile | null;
  readonly #installation: string;

  constructor(path: string, installation: string) {
    this.#installation = installation;
    this.#file = openWitness(path);
  }

  note(commits: number): void {
    const line = `${this.#installation} ${String(commits).padStart(DIGITS, "0")}\n`;
    try {
      this.#file?.seekSync(0, Deno.SeekMode.Start);
      this.#file?.writeSync(new TextEncoder().encode(line));
    } catch {
      // A full disk shows at the state itself.
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}

function openWitness(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(witnessPath(path), { write: true, create: true, mode: 0o600 });
  } catch {
    return null;
  }
}

/** Hidden, so that what copies or removes a state by `nodepool.kv*` leaves it. */
function witnessPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.witness`);
}

/** The condition of a state before this process wrote to it. */
export interface FoundState {
  readonly path: string;
  /** There was none: it was made just now. */
  readonly isMade: boolean;
  readonly installation: string;
  readonly commits: number;
}

/** Why what was found may not be the newest; null: it is. */
export function doubtOf(found: FoundState, last: Witnessed): string | null {
  if (found.isMade) return missingState(found.path, last);
  if (found.installation !== last.installation) {
    return `it belongs to installation ${found.installation}, the last one there to ${last.installation}`;
  }
  if (found.commits >= last.commits) return null;
  return `it ends with commit ${found.commits}, but commit ${last.commits} had been written: it was restored from a ` +
    "copy, or its write-ahead log was lost";
}

/** The problem of a database that holds nothing although something was written. */
export function emptiedProblem({ installation, commits }: Witnessed): string {
  return `the database is empty, but commit ${commits} of installation ${installation} had been written: its ` +
    "write-ahead log was lost";
}

function missingState(path: string, { installation }: Witnessed): string {
  const [copy] = copiesBeside(path, RESCUED);
  return `the file was missing or empty; the last state there belonged to installation ${installation}` +
    (copy === undefined ? "" : `, and a copy of it is ${copy}`);
}
