/** Commits and whole contents of a state as the mutations of its keys that write them. Pure; the store on keys uses it. */
import { changedId } from "./commit_rules.ts";
import { keys } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { capRecord } from "./record_caps.ts";
import { encodeRecord } from "./record_codec.ts";
import { type Change, type Commit, type Contents, type Row, type TableChanges, tableNames } from "./store.ts";

/** @param commit its records with their revisions */
export function commitMutations(commit: Commit & TableChanges): Mutation[] {
  return [
    ...tableNames.flatMap((table) =>
      (commit[table] as readonly Change<Row>[]).map((change) => ({
        key: keys.row(table, changedId(change)),
        value: change.next && encodeRecord(change.next),
      }))
    ),
    ...(commit.pauses ?? []).map(({ previous, next }) => ({
      key: keys.pause((next ?? previous)!),
      value: next && encodeRecord(capRecord(next)),
    })),
    ...(commit.orders ?? []).map(({ previous, next }) => ({
      key: keys.order((next ?? previous)!),
      value: next && encodeRecord(capRecord(next)),
    })),
  ];
}

/** Of a whole state's records. */
export function contentMutations({ pauses, orders, clock, homes, runs, ...tables }: Contents): Mutation[] {
  return [
    ...tableNames.flatMap((table) =>
      tables[table].map((row) => ({ key: keys.row(table, row.id), value: encodeRecord(row) }))
    ),
    ...pauses.map((next) => ({ key: keys.pause(next), value: encodeRecord(next) })),
    ...orders.map((next) => ({ key: keys.order(next), value: encodeRecord(next) })),
    ...(clock === null ? [] : [{ key: keys.clock, value: encodeRecord(clock) }]),
    ...homes.map((home) => ({ key: keys.home(home.provider), value: encodeRecord(home) })),
    ...runs.map((run) => ({ key: keys.run(run.number), value: encodeRecord(run) })),
  ];
}
