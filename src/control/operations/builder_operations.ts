/** The operation of builders on other machines: each asks the leader again and again what there is to do. */
import { BuilderRefusedError } from "../../builders/builder_roll.ts";
import { builderInstructionsSchema, builderReportSchema } from "../../builders/builder_sync.ts";
import { ControlError } from "../control_error.ts";
import { operation } from "../operation.ts";

export const builderOperations = {
  /** Takes what a builder has and does; answers, at once or when there is news, with what it is to have and to do. */
  "builder-sync": operation({
    route: "POST /builders/sync",
    needs: "daemon",
    request: builderReportSchema,
    answer: builderInstructionsSchema,
    run: async ({ daemon: { builders } }, report, call) => {
      if (builders === null) {
        throw new ControlError(
          409,
          "this pool builds its images itself: only a state on etcd lets other builders in",
        );
      }
      try {
        return await builders.sync(report, call);
      } catch (error) {
        if (error instanceof BuilderRefusedError) throw new ControlError(409, error.message);
        throw error;
      }
    },
  }),
};
