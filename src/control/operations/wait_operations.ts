/** News for those who wait. */
import * as v from "valibot";
import { waitFor } from "../../lib/in_flight.ts";
import { rows, string } from "../../views/view_schema.ts";
import { findWaits, viewWaits, waitedFor, type Waits, waitViewSchema } from "../find_waits.ts";
import { operation } from "../operation.ts";

export const waitOperations = {
  /** Resolves once they wait for something else than what the client knows: at once where it knows nothing. */
  "waits": operation({
    route: "POST /waits",
    needs: "daemon",
    request: v.strictObject({ ...waitedFor.entries, known: rows(string) }),
    answer: v.object({ known: rows(string), waits: rows(waitViewSchema) }),
    run: async (pool, { known, ...asked }, { signal }) => {
      const before = new Set(known);
      const changed = (): Waits | null => {
        const waits = findWaits(asked, pool);
        return new Set(waits.keys()).symmetricDifference(before).size === 0 ? null : waits;
      };
      const waits = await waitFor("another reason to wait", () => pool.ledger.until(changed, { signal }));
      return { known: [...waits.keys()], waits: viewWaits(waits, pool) };
    },
  }),
};
