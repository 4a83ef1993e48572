/**
 * The nodes that are gone, as lookups show them, and a page of them narrowed by a filter: read piece by piece, the
 * newest first, so that nobody waits for it and little of it is in memory at a time.
 */
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

/** Which of them somebody wants to see. Left out: whatever it is. */
export interface HistoryFilter {
  readonly label?: string | undefined;
  readonly provider?: string | undefined;
  readonly image?: string | undefined;
  readonly job?: string | undefined;
  /** A node's result or its job's, in any case: `failed`, `FAILURE`. */
  readonly result?: string | undefined;
  /** `*` stands for anything. */
  readonly hostname?: string | undefined;
  /** When it ended, at the earliest. */
  readonly since?: Instant | undefined;
  /** When it ended, before. */
  readonly until?: Instant | undefined;
}

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
  { since = -Infinity, before }: { since?: Instant | undefined; before?: number | undefined } = {},
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

function passesFilter({ node, endedAt }: HistoryRecord, filter: HistoryFilter): boolean {
  const is = (wanted: string | undefined, value: string | null) => wanted === undefined || wanted === value;
  return is(filter.label, node.label) && is(filter.provider, node.provider) && is(filter.image, node.image) &&
    is(filter.job, node.job) && endedAt >= (filter.since ?? -Infinity) &&
    endedAt < (filter.until ?? Infinity) &&
    hasResult(node, filter.result) && matches(filter.hostname, [node.hostname, node.nodename]);
}

function hasResult({ result, jobEnd }: HistoryRecord["node"], wanted: string | undefined): boolean {
  const word = wanted?.toLowerCase();
  return word === undefined || result === word || jobEnd?.result?.toLowerCase() === word;
}

function matches(pattern: string | undefined, names: readonly string[]): boolean {
  if (pattern === undefined) return true;
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  const whole = new RegExp(`^${parts.join(".*")}$`, "s");
  return names.some((name) => whole.test(name));
}
