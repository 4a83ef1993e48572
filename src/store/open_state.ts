/**
 * Opening a state: from a path to a database of the present schema that this installation owns, or to a StoreError
 * that says why not. What cannot be used is left as it was found. The KV store calls it.
 */
import type { Installation } from "../domain/installation.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Migration } from "./migrations.ts";
import { checkDatabase } from "./check_database.ts";
import { checkLog } from "./check_log.ts";
import { keys } from "./keys.ts";
import { KvWriter } from "./kv_writer.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { encodeRecord } from "./record_codec.ts";
import { counterSchema, installationSchema, noteSchema } from "./schemas.ts";
import { damagedState, newerState, stateFailure } from "./state_errors.ts";
import { copyState, isRemoteState, prepareStateFile } from "./state_file.ts";
import { StateGuard } from "./state_guard.ts";
import { StateReader } from "./state_reader.ts";
import { readWitness, type Witnessed } from "./state_witness.ts";
import { idKinds } from "./store.ts";

export interface OpenStateOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "uuid">;
  /** The steps to the present schema; tests give their own. */
  readonly migrations?: readonly Migration[];
}

export interface OpenedState extends Disposable {
  readonly kv: Deno.Kv;
  readonly reader: StateReader;
  readonly writer: KvWriter;
  readonly installation: Installation;
  /** As the store tells them; they stand in the state until the owner has dealt with them. */
  readonly isNew: boolean;
  readonly doubt: string | null;
}

/** @throws StoreError */
export async function openState(path: string, options: OpenStateOptions): Promise<OpenedState> {
  if (isRemoteState(path)) return await openChecked(path, { ...options, witness: null });
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
  const isBlank = isRemoteState(path) || (await Deno.stat(path)).size === 0;
  const version = await probeVersion(path);
  if (version !== null && version > schemaVersion(steps)) throw newerState(path);
  if (version !== null && version < schemaVersion(steps)) await backUp(path, { version, ...options });
  // A state whose commits were all in its log, which is lost, is a database with nothing in it.
  if (version === null && witness !== null && !isBlank) throw damagedState(path, emptiedProblem(witness));
  const kv = await openDatabase(path);
  try {
    const state = { kv, reader: new StateReader(kv, path), writer: await KvWriter.open(kv, path) };
    const { commits } = state.writer;
    if (version === null) await initialize(state.writer, { steps, ...options });
    else await migrate(state, { version, steps });
    const installation = await state.reader.record(keys.installation, installationSchema);
    if (installation === null) throw damagedState(path, "it does not tell which installation it belongs to");
    const found = witness &&
      doubtOf({ isNew: version === null, installation: installation.id, commits }, witness);
    // Before the witness is written again, which would forget why.
    if (found !== null) await state.writer.write([{ key: keys.doubt, value: found }]);
    return {
      ...state,
      installation,
      isNew: await state.reader.value(keys.isNew, counterSchema) !== null,
      doubt: await state.reader.value(keys.doubt, noteSchema),
      [Symbol.dispose]: closing(kv, isRemoteState(path) ? null : guard(path, { ...state, installation })),
    };
  } catch (error) {
    kv.close();
    throw error;
  }
}

/** From now on the file is watched, and each commit witnessed. */
function guard(
  path: string,
  { writer, installation }: Pick<OpenedState, "writer" | "installation">,
): StateGuard {
  const made = new StateGuard(path, installation.id);
  made.wrote(writer.commits);
  writer.guardBy(made);
  return made;
}

function closing(kv: Deno.Kv, guard: StateGuard | null): () => void {
  return () => {
    kv.close();
    guard?.[Symbol.dispose]();
  };
}

interface Found {
  readonly isNew: boolean;
  readonly installation: string;
  readonly commits: number;
}

/** Why what was found may not be the newest; null: it is. */
function doubtOf({ isNew, installation, commits }: Found, last: Witnessed): string | null {
  if (isNew) {
    return `the file was missing or empty; the last state there belonged to installation ${last.installation}`;
  }
  if (installation !== last.installation) {
    return `it belongs to installation ${installation}, the last one there to ${last.installation}`;
  }
  if (commits >= last.commits) return null;
  return `it ends with commit ${commits}, but commit ${last.commits} had been written: it was restored from a ` +
    "copy, or its write-ahead log was lost";
}

function emptiedProblem({ installation, commits }: Witnessed): string {
  return `the database is empty, but commit ${commits} of installation ${installation} had been written: its ` +
    "write-ahead log was lost";
}

/** The schema's version; null: the database is empty. Nothing is written. */
async function probeVersion(path: string): Promise<number | null> {
  using kv = await openDatabase(path);
  const reader = new StateReader(kv, path);
  const version = await reader.value(keys.schema, counterSchema);
  if (version !== null) return version;
  for await (const { key } of reader.entries({ prefix: [] }, { limit: 1 })) {
    throw damagedState(path, `it holds ${JSON.stringify(key)} but no schema version, as if not nodepool's`);
  }
  return null;
}

async function openDatabase(path: string): Promise<Deno.Kv> {
  try {
    return await Deno.openKv(path);
  } catch (error) {
    throw stateFailure(path, "the database cannot be opened", error);
  }
}

async function initialize(
  writer: KvWriter,
  { clock, random, steps }: OpenStateOptions & { steps: readonly Migration[] },
): Promise<void> {
  const installation: Installation = { id: random.uuid(), createdAt: clock.now() };
  await writer.write([
    { key: keys.schema, value: schemaVersion(steps) },
    { key: keys.installation, value: encodeRecord(installation) },
    { key: keys.isNew, value: 1 },
    ...idKinds.map((kind) => ({ key: keys.nextId(kind), value: 1 })),
  ]);
}

async function migrate(
  { kv, writer }: { kv: Deno.Kv; writer: KvWriter },
  { version, steps }: { version: number; steps: readonly Migration[] },
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (index + 1 < version) continue;
    const mutations = await step.plan(kv);
    await writer.write([...mutations, { key: keys.schema, value: index + 2 }]);
  }
}

/** A network database has its own backups. */
async function backUp(
  path: string,
  { version, clock }: { version: number; clock: Pick<Clock, "now"> },
): Promise<void> {
  if (isRemoteState(path)) return;
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  await copyState(path, { suffix: `v${version}-${stamp}.bak` });
}
