/**
 * A state as JSON lines, for other tools, and to be made a state again: a head, each entry with its key, and how many
 * there were, so that a file that was cut off is not taken for a whole one. `state export` and `import` call it.
 */
import * as v from "valibot";
import type { Clock } from "../lib/clock.ts";
import { withCopy } from "./backup_state.ts";
import { createState } from "./copy_contents.ts";
import type { Mutation } from "./kv_writer.ts";
import { refuseNewer } from "./prepare_state.ts";
import { decodeRecord } from "./record_codec.ts";
import { readCopy } from "./state_contents.ts";
import type { StatePlace } from "./state_place.ts";
import { StoreError } from "./store.ts";

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
  place: StatePlace,
  { write, clock }: { write: (line: string) => void; clock: Pick<Clock, "now"> },
): Promise<void> {
  const work = async (copy: string) => {
    const { schema, commits, mutations } = await readCopy(copy);
    write(JSON.stringify({ format: FORMAT, schema, commits }));
    for (const mutation of mutations) write(JSON.stringify(lineOf(mutation)));
    write(JSON.stringify({ entries: mutations.length }));
  };
  await withCopy(place, { now: clock.now(), work });
}

function lineOf({ key, value }: Mutation): Line {
  const at = key as Line["key"];
  const record = decodeRecord(value);
  return record === null
    ? { key: at, value: value as string | number }
    : { key: at, version: record.version, record: record.record as Record<string, unknown> };
}

/**
 * Makes a state at a place without one.
 * @param from the name of the lines' file, for people
 * @throws StoreError `unusable` where there is a state, or it cannot be made; `damaged` or `newer` for lines that cannot
 *   be taken
 */
export async function importState(
  place: StatePlace,
  { lines, from, clock }: { lines: readonly string[]; from: string; clock: Clock },
): Promise<void> {
  await createState(place, readLines(lines, from), { holder: "nodepool state import", clock });
}

function readLines(lines: readonly string[], from: string) {
  const whole = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  const refuse = (problem: string): never => {
    throw new StoreError("damaged", `cannot import ${from}: ${problem}`);
  };
  const head = parse(whole[0], headSchema) ?? refuse("line 1 is not the head of an exported state");
  refuseNewer(from, { version: head.schema });
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
