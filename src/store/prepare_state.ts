/**
 * A database that is open becomes a state of the present schema that one installation owns: one with nothing in it is
 * made a state, an older one is migrated, and one that may not be the newest is doubted. Opening a file and opening
 * etcd call it.
 */
import type { Installation } from "../domain/installation.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import { keys } from "./keys.ts";
import type { KvWriter } from "./kv_writer.ts";
import { type Migration, migrations, schemaVersion } from "./migrations.ts";
import { encodeRecord } from "./record_codec.ts";
import { counterSchema, installationSchema, noteSchema } from "./schemas.ts";
import { damagedState, newerState } from "./state_errors.ts";
import type { RecordKind } from "./sqlite_source.ts";
import type { StateGuard } from "./state_guard.ts";
import type { StateReader } from "./state_reader.ts";
import { doubtOf, type FoundState, type Witnessed } from "./state_witness.ts";
import { idKinds } from "./store.ts";

export interface OpenStateOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "uuid">;
  /** The steps to the present schema; tests give their own. */
  readonly migrations?: readonly Migration[];
}

interface PreparedState {
  readonly reader: StateReader;
  readonly writer: KvWriter;
  /** Version of its schema. */
  readonly schema: number;
  readonly installation: Installation;
  /** As the store tells them; they stand in the state until the owner has dealt with them. */
  readonly isNew: boolean;
  readonly doubt: string | null;
  /** From now on each commit is witnessed, in place of whatever was. */
  witness(): void;
}

export interface OpenedState extends PreparedState, Disposable {
  /** null: it is not in a file, or only looked at. */
  readonly guard: StateGuard | null;
  /** Reads thousands of records faster than the reader; null: the reader has to. */
  readRows<Output>(kind: RecordKind<Output>): Promise<Output[] | null>;
}

/** Where a state's commits are witnessed. */
interface WitnessPlace {
  readonly path: string;
  /** The newest that is known to have been written. */
  readonly last: Witnessed | null;
}

/** @throws StoreError */
export function refuseNewer(
  path: string,
  { version, steps = migrations }: { version: number | null; steps?: readonly Migration[] },
): void {
  if (version !== null && version > schemaVersion(steps)) throw newerState(path);
}

/**
 * @param options `version`: of the schema that was found, null: the database is empty; `witness` null: it has none
 * @throws StoreError
 */
export async function prepareState(
  writer: KvWriter,
  options: OpenStateOptions & { version: number | null; witness: WitnessPlace | null },
): Promise<PreparedState> {
  const { version, witness, migrations: steps = migrations } = options;
  const { commits, reader } = writer;
  if (version === null) await initialize(writer, { ...options, steps });
  else await migrate(writer, { version, steps });
  const installation = await reader.record(keys.installation, installationSchema);
  if (installation === null) {
    throw damagedState(reader.path, "it does not say which installation it belongs to");
  }
  const isNew = await reader.value(keys.isNew, counterSchema) !== null;
  const found = {
    path: reader.path,
    isMade: version === null,
    isNew,
    installation: installation.id,
    commits,
  };
  const doubt = await noteDoubt(writer, { found, witness: witness?.last ?? null });
  const note = () => witness === null ? undefined : writer.witnessAt(witness.path, installation.id);
  // A state that began in place of a lost one must not make that one forgotten, nor stand in the way of its copy.
  if (!isNew || doubt === null) note();
  return { reader, writer, schema: schemaVersion(steps), installation, isNew, doubt, witness: note };
}

/** A doubt is written down before the witness is written again, which would forget why. */
async function noteDoubt(
  writer: KvWriter,
  { found, witness }: { found: FoundState & { isNew: boolean }; witness: Witnessed | null },
): Promise<string | null> {
  const known = await writer.reader.value(keys.doubt, noteSchema);
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
  writer: KvWriter,
  { version, steps }: { version: number; steps: readonly Migration[] },
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    if (index + 1 < version) continue;
    const mutations = await step.plan(writer.reader.source);
    await writer.write([...mutations, { key: keys.schema, value: index + 2 }]);
  }
}
