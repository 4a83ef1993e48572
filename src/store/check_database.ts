/**
 * Whether a file is a sound SQLite database, found out before Deno KV opens it: on a damaged one Deno KV may panic in
 * the background, which ends the process with nothing said that helps. About 25 ms for 10,000 records. Opening a
 * state calls it.
 */
import { damagedState, stateFailure } from "./state_errors.ts";
import { removeState } from "./state_file.ts";

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
