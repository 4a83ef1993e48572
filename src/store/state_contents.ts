/** All that a state holds, as a copy of it is written: each entry but the writer's own, and the count of commits. */
import { isDeepStrictEqual } from "node:util";
import { openFileWriter } from "./file_transactions.ts";
import { isOfWriter } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { openDatabase, probeVersion } from "./probe_version.ts";
import { damagedState } from "./state_errors.ts";
import { SqliteSource } from "./sqlite_source.ts";
import { StateReader } from "./state_reader.ts";
import type { StateEntry } from "./state_source.ts";

export interface StateContents {
  readonly mutations: readonly Mutation[];
  /** How many the state has had, so that the copy is known to be as new. */
  readonly commits: number;
}

/** Of a copy that no process has open; a commit that was being written is completed. @throws StoreError */
export async function readCopy(path: string): Promise<StateContents & { readonly schema: number }> {
  using kv = await openDatabase(path);
  const { commits, reader } = await openFileWriter(kv, path);
  const schema = await probeVersion(reader);
  if (schema === null) throw damagedState(path, "the database is empty");
  return { schema, commits, mutations: await readMutations(reader) };
}

/** The mutations that make the entries. */
export async function readMutations(reader: StateReader): Promise<Mutation[]> {
  return await Array.fromAsync(
    contentsOf(reader),
    ({ key, value }) => ({ key, value: value as Mutation["value"] }),
  );
}

/** Whether a copy holds the same as its state, but for how they came to it. @throws where one cannot be read */
export async function holdTheSame(path: string, copy: string): Promise<boolean> {
  // Whoever closed the state last may still be at it.
  using state = new SqliteSource(path);
  using copied = new SqliteSource(copy, { isAlone: true });
  const readers = [new StateReader(state, path), new StateReader(copied, copy)] as const;
  for (const reader of readers) await reader.readJournal();
  const rest = contentsOf(readers[1]);
  for await (const entry of contentsOf(readers[0])) {
    if (!isDeepStrictEqual(entry, (await rest.next()).value)) return false;
  }
  return (await rest.next()).done === true;
}

async function* contentsOf(reader: StateReader): AsyncGenerator<StateEntry> {
  for await (const entry of reader.entries({ prefix: [] })) if (!isOfWriter(entry.key)) yield entry;
}
