/**
 * The samples of a pool in the database of its state. Each has an entry of its own, so that storing one writes nothing else; one
 * with more groups than fit has several. The key-value store calls it.
 */
import type { GroupSample, Sample } from "../domain/samples/sample.ts";
import { keys } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { encodeRecord, inEntries, storedSize } from "./record_codec.ts";
import { sampleSchema } from "./schemas.ts";
import type { StateReader } from "./state_reader.ts";

/** Entries that are read at a time: of a big pool, a few milliseconds' worth, while all else goes on. */
const PIECE = 30;

/** Entries that one write forgets: more than it adds, so that what a long pause leaves goes little by little. */
const FORGOTTEN = 20;

/** The oldest first. */
export async function* listSamples(
  reader: StateReader,
  { since }: { since: number },
): AsyncGenerator<Sample> {
  let [minute, groups]: [number, readonly GroupSample[]] = [since, []];
  const selector = { prefix: keys.samples, start: keys.sample(since, 0) };
  for await (const { record } of reader.inPieces(selector, sampleSchema, PIECE)) {
    if (record.minute === minute) groups = [...groups, ...record.groups];
    else {
      if (groups.length > 0) yield { minute, groups };
      ({ minute, groups } = record);
    }
  }
  if (groups.length > 0) yield { minute, groups };
}

/** The removal of entries from before a minute. */
export async function outdatedSamples(reader: StateReader, since: number): Promise<Mutation[]> {
  const selector = { prefix: keys.samples, end: keys.sample(since, 0) };
  const entries = await Array.fromAsync(reader.entries(selector, { limit: FORGOTTEN }));
  return entries.map(({ key }) => ({ key, value: null }));
}

/** The mutations that store it. */
export function sampleAdditions({ minute, groups }: Sample): Mutation[] {
  return inEntries(groups, (group) => storedSize(JSON.stringify(group))).map((part, index) => ({
    key: keys.sample(minute, index),
    value: encodeRecord({ minute, groups: part }),
  }));
}
