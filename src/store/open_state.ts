/**
 * Opening a state: from a path to a database of the present schema that this installation owns, or to a StoreError
 * that says why not. What cannot be used is left as it was found. The KV store calls it.
 */
import type { Installation } from "../domain/installation.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Migration } from "./migrations.ts";
import { checkDatabase } from "./check_database.ts";
import { keys } from "./keys.ts";
import { KvWriter } from "./kv_writer.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { encodeRecord } from "./record_codec.ts";
import { counterSchema, installationSchema } from "./schemas.ts";
import { damagedState, newerState, stateFailure } from "./state_errors.ts";
import { copyState, isRemoteState, prepareStateFile } from "./state_file.ts";
import { StateReader } from "./state_reader.ts";
import { idKinds } from "./store.ts";

export interface OpenStateOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "uuid">;
  /** The steps to the present schema; tests give their own. */
  readonly migrations?: readonly Migration[];
}

export interface OpenedState {
  readonly kv: Deno.Kv;
  readonly reader: StateReader;
  readonly writer: KvWriter;
  readonly installation: Installation;
  /** Whether it was made just now. */
  readonly isNew: boolean;
}

/** @throws StoreError */
export async function openState(path: string, options: OpenStateOptions): Promise<OpenedState> {
  if (!isRemoteState(path)) {
    await prepareStateFile(path);
    await checkDatabase(path);
  }
  const steps = options.migrations ?? migrations;
  const version = await probeVersion(path);
  if (version !== null && version > schemaVersion(steps)) throw newerState(path);
  if (version !== null && version < schemaVersion(steps)) await backUp(path, { version, ...options });
  const kv = await openDatabase(path);
  try {
    const state = { kv, reader: new StateReader(kv, path), writer: await KvWriter.open(kv, path) };
    if (version === null) await initialize(state.writer, { steps, ...options });
    else await migrate(state, { version, steps });
    const installation = await state.reader.record(keys.installation, installationSchema);
    if (installation === null) throw damagedState(path, "it does not tell which installation it belongs to");
    return { ...state, installation, isNew: version === null };
  } catch (error) {
    kv.close();
    throw error;
  }
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
