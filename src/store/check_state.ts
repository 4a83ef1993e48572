/**
 * Reads all of a state and says what is odd; changes nothing. It works on a copy, so that a daemon may have the state open,
 * and brings that copy to the present form, as a new version's first start would. `state check` and `import` call it.
 */
import type { StateCheck } from "../domain/state_check.ts";
import type * as v from "valibot";
import { withCopy } from "./backup_state.ts";
import { keys } from "./keys.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { openState } from "./open_state.ts";
import type { OpenStateOptions } from "./prepare_state.ts";
import { openDatabase, probeFileVersion } from "./probe_version.ts";
import {
  clockSchema,
  counterSchema,
  eventsSchema,
  historySchema,
  homeSchema,
  orderSchema,
  pauseSchema,
  rowSchemas,
  runSchema,
  sampleSchema,
} from "./schemas.ts";
import { damagedState } from "./state_errors.ts";
import { stateFileAt } from "./state_file.ts";
import { stateOddities } from "./state_oddities.ts";
import { nameOfPlace, type StatePlace } from "./state_place.ts";
import type { StateReader } from "./state_reader.ts";
import { doubtOf, readWitness } from "./state_witness.ts";
import type { IdKind, Row, Rows, TableName } from "./store.ts";
import { idKinds, rowName, StoreError, tableNames } from "./store.ts";

/** @throws StoreError where nothing can be read at all, or only a later version can */
export async function checkState(place: StatePlace, deps: OpenStateOptions): Promise<StateCheck> {
  // Before the copy, so that it is no newer.
  const witness = typeof place === "string" ? await readWitness(await stateFileAt(place)) : null;
  const work = async (copy: string): Promise<StateCheck> => {
    const head = await readHead(copy);
    using state = await openState(copy, deps);
    const { reader, installation: { id: installation } } = state;
    const { rows, counts, problems } = await readAll(reader);
    const found = { path: nameOfPlace(place), isMade: false, installation, commits: head.commits };
    const doubt = state.doubt ?? (witness === null ? null : doubtOf(found, witness));
    return {
      installation,
      schema: head.schema,
      newSchema: schemaVersion(migrations),
      counts,
      oddities: [
        ...(doubt === null ? [] : [`it may not be the newest: ${doubt}`]),
        ...problems,
        ...stateOddities({ ...rows, nextIds: await readNextIds(reader) }),
      ],
    };
  };
  return await withCopy(place, { now: deps.clock.now(), work });
}

/** As it was before anything was migrated. */
async function readHead(copy: string): Promise<{ schema: number; commits: number }> {
  const schema = await probeFileVersion(copy);
  if (schema === null) throw damagedState(copy, "the database is empty");
  using kv = await openDatabase(copy);
  return { schema, commits: (await kv.get<number>(keys.commits)).value ?? 0 };
}

interface Read {
  readonly rows: Rows;
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

async function readAll(reader: StateReader): Promise<Read> {
  const problems: string[] = [];
  const counts: Record<string, number> = {};
  const rows: Partial<Record<TableName, Row[]>> = {};
  for (const table of tableNames) {
    rows[table] = await readEach<Row>(reader, {
      of: { prefix: keys.rows(table) },
      schema: rowSchemas[table],
      problems,
      // Of two with the same id a daemon knows one, and the other would come back once that is gone.
      misplaced: (key, { id }) =>
        key[1] === id ? null : `${JSON.stringify(key)} holds ${rowName(table)} ${id}`,
    });
    counts[rowName(table)] = rows[table].length;
  }
  for (const [name, of, schema] of others) {
    counts[name] = (await readEach<unknown>(reader, { of, schema, problems })).length;
  }
  return { rows: rows as Rows, counts, problems };
}

/** Besides those that have an id. */
const others: [string, Deno.KvListSelector, v.GenericSchema][] = [
  ["history record", { prefix: keys.history }, historySchema],
  ["entry of events", { prefix: keys.events }, eventsSchema],
  ["entry of samples", { prefix: keys.samples }, sampleSchema],
  ["launch pause", { prefix: keys.pauses }, pauseSchema],
  ["image order", { prefix: keys.orders }, orderSchema],
  ["home of a provider", { prefix: keys.homes }, homeSchema],
  ["run", { prefix: keys.runs }, runSchema],
  ["record of clocks", { start: keys.clock, end: [...keys.clock, ""] }, clockSchema],
];

/** One that cannot be read hides no other. */
async function readEach<Entity>(
  reader: StateReader,
  { of, schema, problems, misplaced = () => null }: {
    of: Deno.KvListSelector;
    schema: v.GenericSchema<unknown, Entity>;
    problems: string[];
    /** Why the record does not belong under that key; null: it does. */
    misplaced?: (key: Deno.KvKey, record: Entity) => string | null;
  },
): Promise<Entity[]> {
  const records: Entity[] = [];
  for await (const entry of reader.entries(of)) {
    try {
      const record = reader.decode(entry, schema);
      records.push(record);
      const problem = misplaced(entry.key, record);
      if (problem !== null) problems.push(problem);
    } catch (error) {
      if (!(error instanceof StoreError) || error.problem === null) throw error;
      problems.push(error.problem);
    }
  }
  return records;
}

async function readNextIds(reader: StateReader): Promise<Record<IdKind, number>> {
  const ids = idKinds.map(async (kind) => [kind, await reader.value(keys.nextId(kind), counterSchema) ?? 1]);
  return Object.fromEntries(await Promise.all(ids));
}
