/**
 * Writes a state that was taken from under its process into a new file beside it, from what the process has in memory
 * and what it can still read: a state that a daemon can be started on. The KV store calls it, on the way out.
 */
import type { HistoryRecord } from "../domain/node.ts";
import type { Mutation } from "./kv_writer.ts";
import { appendedHistory } from "./kv_history.ts";
import { keys } from "./keys.ts";
import { KvWriter } from "./kv_writer.ts";
import { checkDatabase, readAlone } from "./check_database.ts";
import { unusableState } from "./state_errors.ts";

interface Rescued {
  /** All that the state holds but its history. */
  readonly mutations: readonly Mutation[];
  /** The oldest first. */
  readonly history: readonly HistoryRecord[];
  /** How many commits the lost state had, so that the copy is known to be as new. */
  readonly commits: number;
  /** Part of the new file's name. */
  readonly stamp: string;
}

/** @returns the path of the copy @throws StoreError */
export async function rescueState(
  path: string,
  { mutations, history, commits, stamp }: Rescued,
): Promise<string> {
  const copy = `${path}.rescued-${stamp}`;
  const failed = (cause: unknown) => unusableState(path, `the copy ${copy} cannot be made`, cause);
  try {
    (await Deno.open(copy, { write: true, createNew: true, mode: 0o600 })).close();
  } catch (cause) {
    throw failed(cause);
  }
  try {
    using kv = await Deno.openKv(copy);
    await kv.set(keys.commits, commits);
    const writer = await KvWriter.open(kv, copy);
    await writer.write([...mutations, ...appendedHistory(history)]);
  } catch (cause) {
    await removeCopy(copy);
    throw failed(cause);
  }
  // Without taking its log into account, which the closing has taken in.
  await readAlone(copy, checkDatabase);
  return copy;
}

/** One that is not whole would be taken for what the state held. */
async function removeCopy(copy: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(copy + suffix).catch(() => {});
}
