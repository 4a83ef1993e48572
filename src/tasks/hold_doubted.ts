/**
 * Holds the nodes that a state may be wrong about when it may not be the newest (`Store.doubt`): it was replaced by
 * a copy, or lost its write-ahead log. The pool calls it at its start, before anything else is done with the nodes.
 */
import { RESTORED } from "../domain/stale_hold.ts";
import type { Instant } from "../domain/time.ts";
import { loggerOf } from "../lib/logging.ts";
import { holdStale } from "../rules/hold_stale.ts";
import type { Ledger } from "../store/ledger.ts";

const log = loggerOf("state");

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
