/**
 * Reads all of a state and says what is odd; changes nothing. It works on a copy, so that a daemon may have the state open,
 * and brings that copy to the present form, as a new version's first start would. `state check` and `import` call it.
 */
import type { StateCheck } from "../domain/state_check.ts";
import type * as v from "valibot";
import { serverIdOf } from "../domain/node.ts";
import { withCopy } from "./backup_state.ts";
import { keys } from "./keys.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { openState } from "./open_state.ts";
import type { OpenStateOptions } from "./prepare_state.ts";
import { openDatabase, probeVersion } from "./probe_version.ts";
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
import { nameOfPlace, type StatePlace } from "./state_place.ts";
import { StateReader } from "./state_reader.ts";
import { doubtOf, readWitness } from "./state_witness.ts";
import type { Contents, IdKind, Row, Rows, TableName } from "./store.ts";
import { idKinds, kindOf, rowName, StoreError, tableNames } from "./store.ts";

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
  using kv = await openDatabase(copy);
  const reader = new StateReader(kv, copy);
  const schema = await probeVersion(reader);
  if (schema === null) throw damagedState(copy, "the database is empty");
  return { schema, commits: await reader.value(keys.commits, counterSchema) ?? 0 };
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

type Known = Pick<Contents, TableName | "nextIds">;

/** Records that do not fit together, though each is whole: signs of damage, or of a defect. One line each, for people. */
function stateOddities(contents: Known): readonly string[] {
  return [
    ...idsToCome(contents),
    ...sharedServers(contents),
    ...lostParents(contents),
    ...lostBuilds(contents),
  ];
}

/** Its id would be given out once more. */
function idsToCome(contents: Known): string[] {
  return tableNames.flatMap((table) => {
    const next = contents.nextIds[kindOf[table]];
    return contents[table].filter(({ id }) => id >= next)
      .map(({ id }) => `${rowName(table)} ${id}: the next id to assign is ${next}`);
  });
}

function sharedServers({ nodes }: Known): string[] {
  const ofServer = Map.groupBy(nodes.filter((node) => serverIdOf(node) !== null), serverIdOf);
  return [...ofServer].filter(([, several]) => several.length > 1)
    .map(([server, several]) =>
      `nodes ${several.map(({ id }) => id).join(", ")} have the same server ${server}`
    );
}

function lostParents({ nodes }: Known): string[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return nodes.filter(({ parentId }) => parentId !== null && !ids.has(parentId))
    .map(({ id, parentId }) => `node ${id}: it is a subnode of node ${parentId}, which is gone`);
}

function lostBuilds({ dibImages, images }: Known): string[] {
  const ids = new Set(dibImages.map(({ id }) => id));
  return images.flatMap(({ id, source, state: { phase } }) =>
    source.type === "upload" && (phase === "create" || phase === "upload") && !ids.has(source.dibImageId)
      ? [`image ${id}: it is an upload of dib image ${source.dibImageId}, which is gone`]
      : []
  );
}
