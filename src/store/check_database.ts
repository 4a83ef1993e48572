/**
 * Whether a file is a sound SQLite database, found out before Deno KV opens it: on a damaged one Deno KV may panic in
 * the background, which ends the process with nothing said that helps. About 25 ms for 10,000 records. Opening a
 * state calls it.
 */
import { damagedState, stateFailure } from "./state_errors.ts";

/** What SQLite reads the database under, without the log beside it, and leaving nothing there. */
export function aloneUri(path: string): string {
  return `file:${encodeURI(path).replaceAll("?", "%3f").replaceAll("#", "%23")}?immutable=1`;
}

/**
 * Reads the whole database and writes nothing.
 * @throws StoreError `damaged`, or `unusable` when it cannot be read
 */
export async function checkDatabase(path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const problem = attempt(path, () => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const [row] = database.prepare("PRAGMA quick_check(1)").all();
      return String(row?.["quick_check"]);
    } finally {
      database.close();
    }
  });
  if (problem !== "ok") throw damagedState(path, problem.replace(/\s+/g, " "));
}

function attempt<Result>(path: string, check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    throw stateFailure(path, "the database cannot be read", error);
  }
}
