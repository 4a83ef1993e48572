/**
 * A state as JSON lines, for other tools, and to be made a state again: a head, each entry with its key, and how many
 * there were, so that a file that was cut off is not taken for a whole one. `state export` and `import` call it.
 */
import * as v from "valibot";
import type { Clock } from "../lib/clock.ts";
import { keys } from "./keys.ts";
import { openFileWriter } from "./file_transactions.ts";
import type { Mutation } from "./kv_writer.ts";
import { migrations, schemaVersion } from "./migrations.ts";
import { openDatabase, probeFileVersion } from "./probe_version.ts";
import { decodeRecord } from "./record_codec.ts";
import { newerState, unusableState } from "./state_errors.ts";
import { isThere } from "./state_file.ts";
import { lockState } from "./state_lock.ts";
import { StateReader } from "./state_reader.ts";
import type { StateEntry } from "./state_source.ts";
import { StoreError } from "./store.ts";
import { withCopy } from "./with_copy.ts";
import { writeState } from "./write_state.ts";

const FORMAT = 1;

const headSchema = v.object({ format: v.literal(FORMAT), schema: v.number(), commits: v.number() });
const endSchema = v.object({ entries: v.number() });
const key = v.array(v.union([v.string(), v.number()]));
const lineSchema = v.union([
  // A record, with the version of its form.
  v.strictObject({ key, version: v.number(), record: v.record(v.string(), v.unknown()) }),
  v.strictObject({ key, value: v.union([v.string(), v.number()]) }),
]);
type Line = v.InferOutput<typeof lineSchema>;

/** @param write takes one line, without its end @throws StoreError */
export async function exportState(
  path: string,
  { write, clock }: { write: (line: string) => void; clock: Pick<Clock, "now"> },
): Promise<void> {
  const work = async (copy: string) => {
    const schema = await probeFileVersion(copy);
    using kv = await openDatabase(copy);
    // Completes a commit that was being written.
    const { commits } = await openFileWriter(kv, copy);
    write(JSON.stringify({ format: FORMAT, schema, commits }));
    let entries = 0;
    for await (const entry of new StateReader(kv, copy).entries({ prefix: [] })) {
      if (entry.key[0] === keys.commits[0]) continue;
      write(JSON.stringify(lineOf(entry)));
      entries++;
    }
    write(JSON.stringify({ entries }));
  };
  await withCopy(path, { now: clock.now(), work });
}

function lineOf({ key, value }: StateEntry): Line {
  const at = key as Line["key"];
  const record = decodeRecord(value);
  return record === null
    ? { key: at, value: value as string | number }
    : { key: at, version: record.version, record: record.record as Record<string, unknown> };
}

/**
 * Makes a state where there is no file yet.
 * @param from the name of the lines' file, for people
 * @throws StoreError `unusable` where there is a state, or it cannot be made; `damaged` or `newer` for lines that cannot
 *   be taken
 */
export async function importState(
  path: string,
  { lines, from, clock }: { lines: readonly string[]; from: string; clock: Clock },
): Promise<void> {
  using _lock = await lockState(path, { holder: "nodepool state import", clock });
  if (await isThere(path)) throw unusableState(path, "there is one already; move it away first");
  const contents = readLines(lines, from);
  await writeState(path, contents).catch((cause) => {
    throw unusableState(path, "it cannot be written", cause);
  });
}

function readLines(lines: readonly string[], from: string) {
  const whole = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const refuse = (problem: string): never => {
    throw new StoreError("damaged", `cannot import ${from}: ${problem}`);
  };
  const head = parse(whole[0], headSchema) ?? refuse("line 1 is not the head of an exported state");
  if (head.schema > schemaVersion(migrations)) throw newerState(from);
  const entries = whole.slice(1, -1);
  if (parse(whole.at(-1), endSchema)?.entries !== entries.length) {
    refuse("it was cut off, or lines are missing");
  }
  const mutations = entries.map((line, index) =>
    mutationOf(parse(line, lineSchema) ?? refuse(`line ${index + 2} is not an exported entry`))
  );
  return { mutations, commits: head.commits };
}

/** null: it is something else. */
function parse<Output>(text: string | undefined, schema: v.GenericSchema<unknown, Output>): Output | null {
  try {
    const result = v.safeParse(schema, JSON.parse(text ?? ""));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

function mutationOf(line: Line): Mutation {
  return "record" in line
    ? { key: line.key, value: JSON.stringify([line.version, line.record]) }
    : { key: line.key, value: line.value };
}
