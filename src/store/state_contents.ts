/** All that a state holds, as a copy of it is written: each entry but the writer's own, and the count of commits. */
import { openFileWriter } from "./file_transactions.ts";
import { isOfWriter } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { openDatabase, probeFileVersion } from "./probe_version.ts";
import { damagedState } from "./state_errors.ts";
import type { StateEntry } from "./state_source.ts";

export interface StateContents {
  readonly mutations: readonly Mutation[];
  /** How many the state has had, so that the copy is known to be as new. */
  readonly commits: number;
}

/** Of a file that is a copy, which nobody has open; a commit that was being written is completed. @throws StoreError */
export async function readCopy(path: string): Promise<StateContents & { readonly schema: number }> {
  const schema = await probeFileVersion(path);
  if (schema === null) throw damagedState(path, "the database is empty");
  using kv = await openDatabase(path);
  const { commits, reader } = await openFileWriter(kv, path);
  return { schema, commits, mutations: await readMutations(reader.entries({ prefix: [] })) };
}

/** The mutations that make the entries. */
export async function readMutations(entries: AsyncIterable<StateEntry>): Promise<Mutation[]> {
  const mutations: Mutation[] = [];
  for await (const { key, value } of entries) {
    if (!isOfWriter(key)) mutations.push({ key, value: value as Mutation["value"] });
  }
  return mutations;
}
