/**
 * Which run of the daemon this is. A copy of the machine that goes on from its memory is told from the original by its
 * run: once time has passed that this process did not see, another begins before anything else is done.
 */
import type { Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { Ledger } from "../store/ledger.ts";

export function runMarks(
  { ledger, clock, random }: { readonly ledger: Ledger; readonly clock: Clock; readonly random: Random },
) {
  let mayBeCopy = false;
  const begin = async () => {
    await ledger.beginRun({ id: random.uuid(), startedAt: clock.now() });
    mayBeCopy = false;
  };
  return {
    begin,
    /** The machine's clock is ahead of before by so much. */
    noteStep(by: Milliseconds): void {
      mayBeCopy ||= by > 0;
    },
    /** Begins another where this process may go on in a copy of the machine, and beside the original. */
    async beginIfCopy(): Promise<void> {
      if (mayBeCopy) await begin();
    },
  };
}
