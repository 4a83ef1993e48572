/** The operation for shells that complete a command line. */
import * as v from "valibot";
import { completionKinds, viewCompletions } from "../../views/completions.ts";
import { rows, string } from "../../views/view_schema.ts";
import { operation } from "../operation.ts";

export const completionOperations = {
  "completions": operation({
    route: "GET /completions/:kind",
    needs: "state",
    request: v.strictObject({ kind: v.picklist(completionKinds), prefix: v.optional(v.string(), "") }),
    answer: v.object({ values: rows(v.object({ value: string, about: string })) }),
    run: (pool, request) => ({ values: viewCompletions(pool.report(), request) }),
  }),
};
