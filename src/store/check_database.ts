/**
 * Whether a file is a sound SQLite database, found out before Deno KV opens it: on a damaged one Deno KV may panic in
 * the background, which ends the process with nothing said that helps. About 25 ms for 10,000 records. And whether a
 * state and the write-ahead log that SQLite keeps beside it (`PATH-wal`) belong together: a process that was killed
 * leaves a log with its newest commits, and SQLite takes in whatever log it finds there. Opening a state calls both.
 */
import { damagedState, stateFailure } from "./state_errors.ts";
import { removeState, sizeOf } from "./state_file.ts";
import type { Witnessed } from "./state_witness.ts";

/**
 * Reads the database without the log beside it: under another name, which ends with the reading.
 * @param read is given that name
 */
export async function readAlone<Result>(
  path: string,
  read: (alone: string) => Result | Promise<Result>,
): Promise<Result> {
  const alone = `${path}.alone`;
  await removeState(alone);
  // A file system may have no hard links.
  await Deno.link(path, alone).catch(() => Deno.copyFile(path, alone));
  try {
    return await read(alone);
  } finally {
    await removeState(alone);
  }
}

/**
 * Reads the whole database and writes nothing.
 * @throws StoreError `damaged`, or `unusable` when it cannot be read
 */
export async function checkDatabase(path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  let problem: string;
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    problem = String(database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"]);
  } catch (error) {
    throw stateFailure(path, "the database cannot be read", error);
  }
  if (problem !== "ok") throw damagedState(path, problem.replace(/\s+/g, " "));
}

/** A database's identity, from its own words. */
interface Identity {
  /** null: it holds nothing yet. */
  readonly installation: string | null;
  /** Whether nobody has used it yet. */
  readonly isNew: boolean;
  /** Raised by every commit of Deno KV. */
  readonly version: number;
}

/** @throws StoreError `damaged` */
export async function checkLog(path: string, witness: Witnessed | null): Promise<void> {
  const log = await sizeOf(`${path}-wal`);
  if (log === 0) return;
  if (await sizeOf(path) === 0) {
    throw damagedState(path, `the file is missing or empty, beside a write-ahead log of ${log} bytes`);
  }
  const alone = await readAlone(path, identify);
  const together = await identify(path);
  // A new state may have begun where the witness knew another and have all its commits in its log.
  const last = together?.isNew ? null : witness?.installation;
  const known = alone?.installation ?? last ?? together?.installation;
  // A file that is no sound database even so is found by the checks that follow.
  if (known === undefined || (together === null && alone === null)) return;
  if (together?.installation !== known || together.version < (alone?.version ?? 0)) {
    throw damagedState(path, `its write-ahead log, ${path}-wal, belongs to another state or is damaged`);
  }
}

/** The keys as Deno KV stores them. */
const INSTALLATION_KEY = new TextEncoder().encode("\x02installation\x00");
const NEW_KEY = new TextEncoder().encode("\x02is-new\x00");

/** null: it cannot be read. */
async function identify(database: string): Promise<Identity | null> {
  const { DatabaseSync } = await import("node:sqlite");
  try {
    using opened = new DatabaseSync(database, { readOnly: true });
    const first = (query: string, ...values: Uint8Array[]) => opened.prepare(query).get(...values);
    if (first("SELECT 1 FROM sqlite_master WHERE name = 'kv'") === undefined) {
      return { installation: null, isNew: false, version: 0 };
    }
    const record = first("SELECT v FROM kv WHERE k = ?", INSTALLATION_KEY)?.["v"] as Uint8Array | undefined;
    const text = new TextDecoder("latin1").decode(record);
    return {
      installation: text.match(/"id":"([0-9a-f-]{36})"/)?.[1] ?? null,
      isNew: first("SELECT 1 FROM kv WHERE k = ?", NEW_KEY) !== undefined,
      version: Number(first("SELECT max(version) AS version FROM data_version")?.["version"] ?? 0),
    };
  } catch {
    return null;
  }
}
