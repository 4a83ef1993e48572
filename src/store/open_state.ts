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
import { openDatabase, probeVersion } from "./probe_version.ts";
import { encodeRecord } from "./record_codec.ts";
import { counterSchema, installationSchema, noteSchema } from "./schemas.ts";
import { doubtOf, emptiedProblem, type FoundState } from "./state_doubt.ts";
import { damagedState, newerState } from "./state_errors.ts";
import { copyState, prepareStateFile, timeStamp } from "./state_file.ts";
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
  /** null: a database over the network, which has no file. */
  readonly guard: StateGuard;
  /** Version of its schema. */
  readonly schema: number;
  readonly installation: Installation;
  /** As the store tells them; they stand in the state until the owner has dealt with them. */
  readonly isNew: boolean;
  readonly doubt: string | null;
}

/** @throws StoreError */
export async function openState(path: string, options: OpenStateOptions): Promise<OpenedState> {
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
  const version = await probeVersion(path);
  if (version !== null && version > schemaVersion(steps)) throw newerState(path);
  if (version !== null && version < schemaVersion(steps)) {
    await copyState(path, { suffix: `v${version}-${timeStamp(options.clock.now())}.bak` });
  }
  // A state whose commits were all in its log, which is lost, is a database with nothing in it.
  if (version === null && witness !== null && !isBlank) throw damagedState(path, emptiedProblem(witness));
  const kv = await openDatabase(path);
  try {
    const state = { kv, reader: new StateReader(kv, path), writer: await KvWriter.open(kv, path) };
    const { commits } = state.writer;
    if (version === null) await initialize(state.writer, { steps, ...options });
    else await migrate(state, { version, steps });
    const installation = await state.reader.record(keys.installation, installationSchema);
    if (installation === null) throw damagedState(path, "it does not say which installation it belongs to");
    const isNew = await state.reader.value(keys.isNew, counterSchema) !== null;
    const found = { path, isMade: version === null, isNew, installation: installation.id, commits };
    const doubt = await noteDoubt(state, { found, witness });
    const guard = new StateGuard(path, installation.id);
    state.writer.guardBy(guard);
    // A state that began in place of a lost one must not stand in the way of that one's copy.
    if (!isNew || doubt === null) guard.witness(state.writer.commits);
    const schema = schemaVersion(steps);
    return { ...state, guard, schema, installation, isNew, doubt, [Symbol.dispose]: closing(kv, guard) };
  } catch (error) {
    kv.close();
    throw error;
  }
}

function closing(kv: Deno.Kv, guard: StateGuard): () => void {
  return () => {
    kv.close();
    guard[Symbol.dispose]();
  };
}

/** A doubt is written down before the witness is written again, which would forget why. */
async function noteDoubt(
  { reader, writer }: Pick<OpenedState, "reader" | "writer">,
  { found, witness }: { found: FoundState & { isNew: boolean }; witness: Witnessed | null },
): Promise<string | null> {
  const known = await reader.value(keys.doubt, noteSchema);
  // Of a new state it was said, when it was made, what had been there before; the witness is still that one's.
  if (witness === null || (found.isNew && known !== null)) return known;
  const doubt = doubtOf(found, witness);
  if (doubt !== null) await writer.write([{ key: keys.doubt, value: doubt }]);
  return doubt ?? known;
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
