/**
 * The steps from older schemas of the state to the present one. A state's version says how many steps it has
 * behind it, plus one; opening a state does the missing ones, after a copy of the file has been made.
 *
 * To change a record's shape: raise `RECORD_VERSION`, change `schemas.ts`, and append a step here that rewrites the
 * records. A step that has been released is never changed.
 */
import { keys } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { decodeRecord } from "./record_codec.ts";
import type { StateSource } from "./state_source.ts";
import type { IdKind } from "./store.ts";

export interface Migration {
  /** The purpose of the step, in a few words. */
  readonly summary: string;
  /** Reads what is there and returns what is to be written; that is written together with the new version. */
  plan(source: StateSource): Promise<readonly Mutation[]>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The kind of every node of version 1, which knew of no images, targets and subnodes. */
const PLAIN_NODE: Fields = {
  role: "node",
  providerImageId: null,
  parentId: null,
  subnodeCount: 0,
  assignedAt: null,
  jobEnd: null,
};

const rolesTargetsSubnodes: Migration = {
  summary: "nodes have roles, targets and subnodes; requests have tokens",
  async plan(source) {
    const addTo = (prefix: Deno.KvKey, add: (record: Fields) => Fields) =>
      rewrite(source, { prefix, add, version: 2 });
    return [
      ...await addTo(keys.rows("nodes"), (node) => ({ ...PLAIN_NODE, ...node })),
      ...await addTo(
        keys.history,
        (entry) => ({ ...entry, node: { ...PLAIN_NODE, ...entry.node as Fields } }),
      ),
      ...await addTo(keys.rows("requests"), (request) => ({ token: null, ...request })),
      ...await firstIds(source, ["dib-image", "image", "job"]),
    ];
  },
};

/** New fields may be missing in older records, but for those that are read from the older records' texts. */
const runsClocksDeciders: Migration = {
  summary: "the state records its runs and clocks; records say who deleted them, and since when they fail",
  async plan(source) {
    const addTo = (prefix: Deno.KvKey, add: (record: Fields) => Fields) =>
      rewrite(source, { prefix, add, version: 3 });
    return [
      ...await addTo(keys.rows("nodes"), (node) => withFailingSince(withDecider(node))),
      ...await addTo(keys.rows("dibImages"), withDecider),
      ...await addTo(keys.rows("images"), withDecider),
      ...await addTo(keys.history, (entry) => ({ ...entry, node: withDecider(entry.node as Fields) })),
    ];
  },
};

/** That somebody deleted it was said by its comment alone. */
function withDecider(record: Fields): Fields {
  const isByHand = (record.deletedBy ?? null) === null && String(record.comment).startsWith("deleted by ");
  return isByHand ? { ...record, deletedBy: "user" } : record;
}

/** Since when a node could not be prepared was said by what it waited on. */
function withFailingSince(node: Fields): Fields {
  const [state, waitingOn] = [node.state as Fields, node.waitingOn as Fields | null];
  const isFailing = state.phase === "prepare" && Number(node.attempt) > 0 && waitingOn?.reason === "script";
  return isFailing ? { ...node, state: { ...state, failingSince: waitingOn.since } } : node;
}

/** The first leads from version 1 to 2, and so on. */
export const migrations: readonly Migration[] = [rolesTargetsSubnodes, runsClocksDeciders];

async function rewrite(
  source: StateSource,
  { prefix, add, version }: { prefix: Deno.KvKey; add: (record: Fields) => Fields; version: number },
): Promise<Mutation[]> {
  const mutations: Mutation[] = [];
  for await (const { key, value } of source.list({ prefix })) {
    const decoded = decodeRecord(value);
    // What is damaged is found, and named, when it is read.
    if (decoded === null || decoded.version >= version) continue;
    mutations.push({ key, value: JSON.stringify([version, add(decoded.record as Fields)]) });
  }
  return mutations;
}

/** Kinds of records that the older state knew nothing of are numbered from 1. */
async function firstIds(source: StateSource, kinds: readonly IdKind[]): Promise<Mutation[]> {
  const missing = await Promise.all(kinds.map(async (kind) => {
    const key = keys.nextId(kind);
    return (await source.get(key)).value === null ? [{ key, value: 1 }] : [];
  }));
  return missing.flat();
}

/** The version of a state that has all the steps behind it. */
export function schemaVersion(steps: readonly Migration[]): number {
  return steps.length + 1;
}
