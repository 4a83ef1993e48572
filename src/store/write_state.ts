/** Writes a whole state into a new file, which is there when it is complete or not at all. Rescues and imports call it. */
import { checkDatabase, readAlone } from "./check_database.ts";
import { keys } from "./keys.ts";
import { openFileWriter } from "./file_transactions.ts";
import type { Mutation } from "./kv_writer.ts";
import { removeState } from "./state_file.ts";

/**
 * @param contents `commits`: how many the state had, so that it is known to be as new
 * @throws the system's or the database's error; nothing is left then
 */
export async function writeState(
  path: string,
  { mutations, commits }: { mutations: readonly Mutation[]; commits: number },
): Promise<void> {
  (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  try {
    using kv = await Deno.openKv(path);
    await kv.set(keys.commits, commits);
    const writer = await openFileWriter(kv, path);
    await writer.write(mutations);
  } catch (error) {
    await removeState(path);
    throw error;
  }
  // Without taking its log into account, which the closing has taken in.
  await readAlone(path, checkDatabase);
}
