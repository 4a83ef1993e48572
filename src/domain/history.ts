/**
 * The nodes that are gone, as lookups show them, and a page of them narrowed by a filter: read piece by piece, the
 * newest first, so that nobody waits for it and little of it is in memory at a time.
 */
import { type HistoryFilter, passesFilter } from "./history_filter.ts";
import type { HistoryRecord } from "./node.ts";
import type { Instant } from "./time.ts";

/** The ledger is one. */
export interface History {
  /** The newest first; `before` (a node's id): only those that ended before that one. */
  listHistory(options: { limit: number; before?: number }): Promise<readonly HistoryRecord[]>;
  getHistory(nodeId: number): Promise<HistoryRecord | null>;
}

/** Records that are read at a time. */
const PIECE = 100;

interface HistoryPage {
  /** The newest first. */
  readonly records: readonly HistoryRecord[];
  /** Whether older ones pass the filter too. */
  readonly hasMore: boolean;
}

/** @param options `before`: a node's id; only those that ended before that one */
export async function selectHistory(
  history: Pick<History, "listHistory">,
  filter: HistoryFilter,
  { limit, before }: { limit: number; before?: number | undefined },
): Promise<HistoryPage> {
  const found: HistoryRecord[] = [];
  for await (const record of readHistory(history, { since: filter.since, before })) {
    if (!passesFilter(record, filter)) continue;
    if (found.length === limit) return { records: found, hasMore: true };
    found.push(record);
  }
  return { records: found, hasMore: false };
}

/** Those that ended `since` then, the newest first. */
export async function* readHistory(
  history: Pick<History, "listHistory">,
  { since = -Infinity, before }: { since?: Instant | undefined; before?: number | undefined },
): AsyncGenerator<HistoryRecord> {
  for (let last = before;;) {
    const piece = await history.listHistory({
      limit: PIECE,
      ...(last === undefined ? {} : { before: last }),
    });
    for (const record of piece) {
      if (record.endedAt < since) return;
      yield record;
    }
    if (piece.length < PIECE) return;
    last = piece.at(-1)!.node.id;
  }
}
