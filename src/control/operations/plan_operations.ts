/** The operation on a configuration that is not in force yet. */
import * as v from "valibot";
import { configPlanViewSchema, viewConfigPlan } from "../../views/config_plan.ts";
import { operation } from "../operation.ts";

const givenFile = v.strictObject({ path: v.string(), text: v.string() });

export const planOperations = {
  /** Says what a configuration would change; changes nothing. */
  "plan": operation({
    route: "POST /plan",
    needs: "config",
    request: v.strictObject({ file: givenFile, secure: v.nullable(givenFile), isOwn: v.boolean() }),
    answer: configPlanViewSchema,
    run: async (pool, other, { signal }) =>
      viewConfigPlan(await pool.planConfig(other, { signal }), {
        file: other.file.path,
        report: pool.report(),
      }),
  }),
};
