/** Writes a whole state into a new file, which is there when it is complete or not at all. Rescues and imports call it. */
import { checkDatabase, readAlone } from "./check_database.ts";
import { keys } from "./keys.ts";
import { openFileWriter } from "./file_transactions.ts";
import type { StateContents } from "./state_contents.ts";
import { removeState } from "./state_file.ts";

/**
 * @throws the system's or the database's error; nothing is left then
 */
export async function writeState(
  path: string,
  contents: StateContents,
): Promise<void> {
  (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  try {
    await fillState(path, contents);
  } catch (error) {
    await removeState(path);
    throw error;
  }
  // Without taking its log into account, which the closing has taken in.
  await readAlone(path, checkDatabase);
}

/** Into an empty file, which nobody uses until it is whole. */
export async function fillState(path: string, { mutations, commits }: StateContents): Promise<void> {
  using kv = await Deno.openKv(path);
  await kv.set(keys.commits, commits);
  const writer = await openFileWriter(kv, path);
  await writer.fill(mutations);
}
