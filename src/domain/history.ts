/**
 * The nodes that are gone, as whoever looks them up sees them, and a page of them narrowed by a filter: read piece by
 * piece, the newest first, so that nobody waits for it and little of it is in memory at a time.
 */
import { type HistoryFilter, passesFilter } from "./history_filter.ts";
import type { HistoryRecord } from "./node.ts";

/** The ledger is one. */
export interface History {
  /** The newest first; `before` (a node's id): only those that ended before that one. */
  listHistory(options: { limit: number; before?: number }): Promise<readonly HistoryRecord[]>;
  getHistory(nodeId: number): Promise<HistoryRecord | null>;
}

/** Records that are read at a time. */
const PIECE = 200;

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
  for (let last = before;;) {
    const piece = await history.listHistory({
      limit: PIECE,
      ...(last === undefined ? {} : { before: last }),
    });
    for (const record of piece) {
      if (record.endedAt < (filter.since ?? -Infinity)) return { records: found, hasMore: false };
      if (!passesFilter(record, filter)) continue;
      if (found.length === limit) return { records: found, hasMore: true };
      found.push(record);
    }
    if (piece.length < PIECE) return { records: found, hasMore: false };
    last = piece.at(-1)!.node.id;
  }
}
