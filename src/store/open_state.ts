/**
 * Opening a state in a file, which is a Deno KV database (SQLite): from a path to a database of the present schema that
 * this installation owns, or to a StoreError that says why not. What cannot be used is left as it was found. One process
 * has it open: it holds the lock beside the file (`state_lock.ts`) before it opens it, since two processes on one file make
 * Deno KV fail with `database is locked` or panic.
 */
import type { Instant } from "../domain/time.ts";
import { ifThere } from "../lib/if_there.ts";
import { backupState } from "./backup_state.ts";
import { checkDatabase, checkLog } from "./check_database.ts";
import { copiesBeside, timeStamp } from "./copy_names.ts";
import { openFileWriter } from "./file_transactions.ts";
import { KeyValueStore } from "./key_value_store.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { type OpenedState, type OpenStateOptions, prepareState, refuseNewer } from "./prepare_state.ts";
import { openDatabase, probeFileVersion } from "./probe_version.ts";
import { damagedState, unusableState } from "./state_errors.ts";
import { holdTheSame } from "./state_contents.ts";
import { prepareStateFile, removeState, stateFileAt } from "./state_file.ts";
import { readRowsOf } from "./sqlite_source.ts";
import { StateGuard } from "./state_guard.ts";
import { emptiedProblem, readWitness, type Witnessed } from "./state_witness.ts";
import type { Store } from "./store.ts";

/**
 * Opens the state at `path`; creates a missing one (file mode 0600, missing directories 0700).
 * @throws StoreError: `damaged` (no database, or a record in it that cannot be read), `newer` (written by a later
 * version), `locked` (another process has it open), `unusable` (cannot be made, read or written)
 */
export async function openKvStore(path: string, options: OpenStateOptions): Promise<Store> {
  return new KeyValueStore(await openState(path, options), options);
}

/** @throws StoreError */
export async function openState(given: string, options: OpenStateOptions): Promise<OpenedState> {
  const path = await stateFileAt(given);
  const witness = await readWitness(path);
  await checkLog(path, witness);
  await prepareStateFile(path);
  await checkDatabase(path);
  return await openChecked(path, { ...options, witness });
}

async function openChecked(
  path: string,
  options: OpenStateOptions & { witness: Witnessed | null },
): Promise<OpenedState> {
  const { witness, migrations: steps = migrations } = options;
  const isBlank = (await Deno.stat(path)).size === 0;
  const version = await probeFileVersion(path);
  refuseNewer(path, { version, steps });
  if (version !== null && version < schemaVersion(steps)) {
    await keepOlder(path, { version, now: options.clock.now() });
  }
  // A state whose commits were all in its log, which is lost, is a database with nothing in it.
  if (version === null && witness !== null && !isBlank) throw damagedState(path, emptiedProblem(witness));
  const kv = await openDatabase(path);
  try {
    await refuseMounted(path);
    const writer = await openFileWriter(kv, path);
    const state = await prepareState(writer, { ...options, version, witness: { path, last: witness } });
    const guard = new StateGuard(path);
    writer.guardBy(guard);
    return {
      ...state,
      guard,
      readRows: (kind) => readRowsOf(path, kind),
      [Symbol.dispose]() {
        guard.closing();
        kv.close();
        guard[Symbol.dispose]();
        writer[Symbol.dispose]();
      },
    };
  } catch (error) {
    kv.close();
    throw error;
  }
}

/** A file that alone is mounted into a container: what SQLite keeps beside it, its newest commits too, goes with that. */
async function refuseMounted(path: string): Promise<void> {
  const [file, log] = await Promise.all([Deno.stat(path), ifThere(Deno.stat(`${path}-wal`))]);
  if (log === null || log.dev === file.dev) return;
  // The files of an overlay, too, may be on several devices; but no link leads from one mount into another.
  const link = `${path}.alone`;
  const problem = await Deno.link(path, link).catch((error) => error);
  await removeState(link);
  if (problem?.code !== "EXDEV") return;
  throw unusableState(
    path,
    "its write-ahead log would be on another file system, since the file is mounted by itself; mount its folder instead",
  );
}

/** A copy of the state as its version left it: one, however many starts get no further. */
async function keepOlder(path: string, { version, now }: { version: number; now: Instant }): Promise<void> {
  // Of starts that were killed while they copied.
  for (const partial of copiesBeside(path, [`v${version}-`, ".bak.partial"])) {
    for (const left of [partial, `${partial}.alone`]) await removeState(left);
  }
  const [newest] = copiesBeside(path, [`v${version}-`, ".bak"]);
  const isKept = newest !== undefined && await holdTheSame(path, newest).catch(() => false);
  if (!isKept) await backupState(path, { target: `${path}.v${version}-${timeStamp(now)}.bak`, now });
}
