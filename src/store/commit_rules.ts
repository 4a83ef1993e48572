/**
 * The rules that the store applies to a commit before it writes it: each change is held against the revision that
 * the store has, and each new record gets its own. All is checked before anything is written, so a refused commit
 * leaves nothing behind.
 */
import type { Change, Commit, Committed, Row, TableName } from "./store.ts";
import { mapTables, rowNames, StoreConflictError } from "./store.ts";
import { capRow } from "./record_caps.ts";

/** The revision that is stored of a record; undefined: no such record. */
type RevisionOf = (table: TableName, id: number) => number | undefined;

/**
 * The records as they are to be stored, in the order of the commit's changes; null for removals.
 * @throws StoreConflictError when a change's `previous` is not what is stored, or a record is changed twice
 */
export function stampCommit(commit: Commit, stored: RevisionOf): Committed {
  return mapTables<Committed>((table) =>
    stampAll(commit[table] ?? [], { what: rowNames[table], stored: (id) => stored(table, id) })
      .map((row) => row && capRow(table, row)) as Committed[TableName]
  );
}

interface Revisioned {
  readonly id: number;
  readonly revision: number;
}

function stampAll(
  changes: readonly Change<Row>[],
  options: { what: string; stored: (id: number) => number | undefined },
): (Row | null)[] {
  const seen = new Set<number>();
  return changes.map((change) => {
    const id = changedId(change);
    if (seen.has(id)) throw new StoreConflictError(`${options.what} ${id}: changed twice in one commit`);
    seen.add(id);
    checkRevision(change, { ...options, id });
    return change.next && { ...change.next, revision: (change.previous?.revision ?? 0) + 1 };
  });
}

/** The id of the record that a change is about. */
export function changedId({ previous, next }: Change<Revisioned>): number {
  const id = next?.id ?? previous?.id;
  if (id === undefined) throw new TypeError("a change has neither a previous nor a next record");
  if (previous !== null && previous.id !== id) {
    throw new TypeError(`a change turns record ${previous.id} into record ${id}`);
  }
  return id;
}

function checkRevision(
  { previous }: Change<Revisioned>,
  { what, stored, id }: { what: string; stored: (id: number) => number | undefined; id: number },
): void {
  const revision = stored(id) ?? null;
  if (revision === (previous?.revision ?? null)) return;
  const found = revision === null ? "is not there" : `is at revision ${revision}`;
  const expected = previous === null ? "as a new record" : `from revision ${previous.revision}`;
  throw new StoreConflictError(`${what} ${id}: to be written ${expected}, but it ${found}`);
}
