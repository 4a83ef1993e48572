/** Says since when a node has been gone and how it ended: what commands say when they are given its id. */
import type { HistoryRecord, NodeRecord, NodeResult } from "./node.ts";
import { isoText, type Moment } from "./time.ts";

/** `node 7 has been gone since 2026-01-02T03:04:05Z, failed: no login`. */
export function describeGone(record: HistoryRecord, { wallOffset }: Pick<Moment, "wallOffset">): string {
  const since = isoText(record.endedAt + wallOffset).replace(/\.\d+Z$/, "Z");
  return `node ${record.node.id} has been gone since ${since}, ${describeEnd(record)}`;
}

/** `failed: no login`; `used: released by unit-tests: SUCCESS`. */
export function describeEnd({ node }: HistoryRecord): string {
  const why = whyEnded(node);
  return why === null ? resultWords[node.result ?? "lost"] : `${resultWords[node.result ?? "lost"]}: ${why}`;
}

/** Why it ended, for people; null: nobody said. */
export function whyEnded(node: NodeRecord): string | null {
  return (isFailure(node) ? node.evidence?.error : null) ?? node.comment;
}

/** The kind of its failure, one of a few words such as `ssh`, `quota`, `status`; null: it did not fail. */
export function failureOfNode(node: NodeRecord): string | null {
  return isFailure(node) ? node.evidence?.kind ?? node.deletedBy ?? "unknown" : null;
}

function isFailure({ result }: NodeRecord): boolean {
  return result === "failed" || result === "refused" || result === "lost";
}

const resultWords: Readonly<Record<NodeResult, string>> = {
  used: "used",
  failed: "failed",
  refused: "refused by the provider",
  unused: "unused",
  lost: "lost",
};
