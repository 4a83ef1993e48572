/** Writes a whole state into a new file, which exists only once it is complete. */
import { checkDatabase, readAlone } from "./check_database.ts";
import { keys } from "./keys.ts";
import { openFileWriter } from "./file_transactions.ts";
import type { StateContents } from "./state_contents.ts";
import { isThere, removeState } from "./state_file.ts";

/** Where nobody else writes one. @throws as `makeDatabase` */
export async function writeState(path: string, contents: StateContents): Promise<void> {
  if (await isThere(path)) throw new Deno.errors.AlreadyExists(`${path} exists`);
  // Of a process that was killed.
  await removeState(partialOf(path));
  await makeDatabase(path, (partial) => fillState(partial, contents, path));
}

/** @param fill is given an empty file @throws the system's or the database's error; nothing is left then */
export async function makeDatabase(path: string, fill: (partial: string) => Promise<void>): Promise<void> {
  const partial = partialOf(path);
  // Made here, so that nobody else can read it.
  (await Deno.open(partial, { write: true, createNew: true, mode: 0o600 })).close();
  try {
    await fill(partial);
    // Without taking its log into account, which the closing has taken in.
    await readAlone(partial, checkDatabase);
    using file = await Deno.open(partial, { read: true, write: true });
    await file.sync();
    await Deno.rename(partial, path);
  } finally {
    await removeState(partial);
  }
}

/** Where it is until it is complete; who was killed leaves it there. */
export function partialOf(path: string): string {
  return `${path}.partial`;
}

/** Into an empty file that nobody uses until it is complete. @param name what messages call it */
export async function fillState(
  path: string,
  { mutations, commits }: StateContents,
  name = path,
): Promise<void> {
  using kv = await Deno.openKv(path);
  await kv.set(keys.commits, commits);
  const writer = await openFileWriter(kv, name);
  await writer.fill(mutations);
}
