/**
 * Holds those of the nodes that may be in use although this state says something else. What comes upon a state that is
 * older than the clouds, or shared with another daemon, calls it in an edit.
 */
import { heldAsStale, RESTORED } from "../domain/stale_hold.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";

const log = loggerOf("state");

/** @returns the ids of those that were not held before */
export function holdStale(
  edit: Edit,
  nodes: readonly NodeRecord[],
  how: Parameters<typeof heldAsStale>[1],
): readonly number[] {
  return nodes.flatMap((node) => {
    const next = heldAsStale(node, how);
    if (next === node) return [];
    edit.putNode(next);
    return [next.id];
  });
}

/**
 * Holds what a state may be wrong about that is not known to be the newest (`Store.doubt`): a copy was put in its place,
 * or its write-ahead log is lost. The pool calls it at its start, before anything else is done with the nodes.
 */
export async function holdDoubted(ledger: Ledger, { now }: { now: Instant }): Promise<void> {
  const { doubt } = ledger;
  if (doubt === null) return;
  const held = await ledger.edit((edit) => holdStale(edit, edit.nodes(), { reason: RESTORED, now }));
  // Of a new state it says what was there before, which matters until the clouds have been looked at (`NewState`).
  if (ledger.isNew && held.length === 0) return;
  if (!ledger.isNew) await ledger.settle("doubt");
  const what = held.length === 0
    ? "no nodes are affected"
    : `these nodes may be in use and are held: ${held.join(", ")}`;
  log.error("the state may be older than the clouds: {doubt}; {what}", { doubt, what });
}
