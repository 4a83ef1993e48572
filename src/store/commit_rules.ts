/**
 * The rules that the store applies to a commit before it writes it: each change is held against the revision that
 * the store has, and each new record gets its own. All is checked before anything is written, so a refused commit
 * leaves nothing behind. And the mutations that write it, or a whole state. Pure.
 */
import type { Change, Commit, Contents, Row, TableChanges, TableName } from "./store.ts";
import { mapTables, rowName, StoreConflictError, tableNames } from "./store.ts";
import { keys } from "./keys.ts";
import type { Mutation } from "./kv_writer.ts";
import { capRecord } from "./record_caps.ts";
import { encodeRecord } from "./record_codec.ts";

/** The revision that is stored of a record; undefined: no such record. */
type RevisionOf = (table: TableName, id: number) => number | undefined;

/**
 * The commit's changes, each record as it is to be stored.
 * @throws StoreConflictError when a change's `previous` is not what is stored, or a record is changed twice
 */
export function stampCommit(commit: Commit, stored: RevisionOf): TableChanges {
  return mapTables<TableChanges>((table) =>
    stampAll(table, commit[table] ?? [], stored) as TableChanges[TableName]
  );
}

function stampAll(
  table: TableName,
  changes: readonly Change<Row>[],
  stored: RevisionOf,
): readonly Change<Row>[] {
  const [seen, name] = [new Set<number>(), rowName(table)];
  return changes.map((change) => {
    const { previous, next } = change;
    const id = changedId(change);
    const what = `${name} ${id}`;
    if (seen.has(id)) throw new StoreConflictError(`${what}: changed twice in one commit`);
    seen.add(id);
    checkRevision(what, { previous, revision: stored(table, id) ?? null });
    return { previous, next: next && capRecord({ ...next, revision: (previous?.revision ?? 0) + 1 }) };
  });
}

/** The id of the record that a change is about. */
export function changedId({ previous, next }: Change<Row>): number {
  const id = next?.id ?? previous?.id;
  if (id === undefined) throw new TypeError("a change has neither a previous nor a next record");
  if (previous !== null && previous.id !== id) {
    throw new TypeError(`a change turns record ${previous.id} into record ${id}`);
  }
  return id;
}

function checkRevision(
  what: string,
  { previous, revision }: { previous: Row | null; revision: number | null },
): void {
  if (revision === (previous?.revision ?? null)) return;
  const found = revision === null ? "is not there" : `is at revision ${revision}`;
  const expected = previous === null ? "as a new record" : `from revision ${previous.revision}`;
  throw new StoreConflictError(`${what}: to be written ${expected}, but it ${found}`);
}

/** The mutations that write it. @param commit its records with their revisions */
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

/** Those that write a whole state's records. */
export function contentMutations({ pauses, orders, clock, homes, runs, ...tables }: Contents): Mutation[] {
  const added = <Entity>(records: readonly Entity[]) => records.map((next) => ({ previous: null, next }));
  const rows = mapTables<TableChanges>((table) => added<Row>(tables[table]) as TableChanges[TableName]);
  return [
    ...commitMutations({ ...rows, pauses: added(pauses), orders: added(orders) }),
    ...(clock === null ? [] : [{ key: keys.clock, value: encodeRecord(clock) }]),
    ...homes.map((home) => ({ key: keys.home(home.provider), value: encodeRecord(home) })),
    ...runs.map((run) => ({ key: keys.run(run.number), value: encodeRecord(run) })),
  ];
}
