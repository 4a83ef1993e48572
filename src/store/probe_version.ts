/**
 * Whether a database is a state of nodepool's, and of which schema. Opening, restoring and checking a state begin with
 * it.
 */
import { isOfWriter, keys } from "./keys.ts";
import { counterSchema } from "./schemas.ts";
import { damagedState, stateFailure } from "./state_errors.ts";
import { StateReader } from "./state_reader.ts";

/** The schema's version; null: the database is empty. Nothing is written. @throws StoreError */
export async function probeVersion(reader: StateReader): Promise<number | null> {
  const version = await reader.value(keys.schema, counterSchema);
  if (version !== null) return version;
  for await (const { key } of reader.entries({ prefix: [] })) {
    // A process that may write there has said so, and was interrupted.
    if (isOfWriter(key)) continue;
    throw damagedState(
      reader.path,
      `it holds ${JSON.stringify(key)} but no schema version; it may not be nodepool's`,
    );
  }
  return null;
}

/** As `probeVersion`, of a file. @throws StoreError */
export async function probeFileVersion(path: string): Promise<number | null> {
  using kv = await openDatabase(path);
  return await probeVersion(new StateReader(kv, path));
}

/** @throws StoreError */
export async function openDatabase(path: string): Promise<Deno.Kv> {
  try {
    return await Deno.openKv(path);
  } catch (error) {
    throw stateFailure(path, "the database cannot be opened", error);
  }
}
