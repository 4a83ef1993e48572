/**
 * A state in a file that is only looked at: read by SQLite alone, which is open in a fraction of the time that Deno KV and
 * what must be known before it opens a file take. Commands with no daemon running open it.
 */
import { KeyValueStore } from "./key_value_store.ts";
import { keys } from "./keys.ts";
import { KvWriter, type Transactions } from "./kv_writer.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import type { OpenedState, OpenStateOptions } from "./prepare_state.ts";
import { probeVersion } from "./probe_version.ts";
import { counterSchema, installationSchema, noteSchema } from "./schemas.ts";
import { readRows, SqliteSource } from "./sqlite_source.ts";
import { unusableState } from "./state_errors.ts";
import { sizeOf, stateFileAt } from "./state_file.ts";
import { StateReader } from "./state_reader.ts";
import { doubtOf, readWitness } from "./state_witness.ts";
import type { Store } from "./store.ts";

/**
 * null: it takes more than a look, or there is something to be said or done first; opening it does. The caller has the
 * state's lock.
 */
export async function lookAtState(
  given: string,
  options: Pick<OpenStateOptions, "clock">,
): Promise<Store | null> {
  const path = await stateFileAt(given);
  // The newest commits of a process that was killed: they may not belong to it.
  if (await sizeOf(`${path}-wal`) > 0) return null;
  try {
    const source = new SqliteSource(path, { isAlone: true });
    const state = await stateIn(source, path).catch(() => null);
    if (state === null) source[Symbol.dispose]();
    return state && new KeyValueStore(state, options);
  } catch {
    return null;
  }
}

/** @throws StoreError */
async function stateIn(source: SqliteSource, path: string): Promise<OpenedState | null> {
  const reader = new StateReader(source, path);
  const commits = await reader.value(keys.commits, counterSchema) ?? 0;
  // A commit that was interrupted is completed by who opens the state.
  if (await reader.readJournal() !== null) return null;
  const writer = new KvWriter(noTransactions(path, commits), { reader, unfinished: null });
  const schema = await probeVersion(reader);
  const installation = await reader.record(keys.installation, installationSchema);
  if (schema !== schemaVersion(migrations) || installation === null) return null;
  const witness = await readWitness(path);
  const found = { path, isMade: false, installation: installation.id, commits };
  if (witness !== null && doubtOf(found, witness) !== null) return null;
  return {
    reader,
    writer,
    schema,
    installation,
    isNew: await reader.value(keys.isNew, counterSchema) !== null,
    doubt: await reader.value(keys.doubt, noteSchema),
    guard: null,
    readRows: (kind) => readRows(source, kind),
    witness() {},
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}

function noTransactions(path: string, commits: number): Transactions {
  return {
    limits: { mutations: 1, bytes: 1, sizeOf: () => 1 },
    commits,
    transact: () => Promise.reject(unusableState(path, "it is only looked at")),
  };
}
