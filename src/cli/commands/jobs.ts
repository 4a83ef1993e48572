/** `nodepool job-create|job-delete`: the jobs whose nodes are kept when they fail. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example, helpGroup } from "../help.ts";
import { countArgument, idsArgument } from "../arguments.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";

export function jobCreateCommand(context: CliContext) {
  return new Command("job-create")
    .helpGroup(helpGroup.jobs)
    .description("hold the nodes on which a job fails, up to a given number")
    .argument("<name>", "the job, by the name that nodes are acquired or released with")
    .option("--hold-on-failure <n>", "how many nodes are held at a time", countArgument, 1)
    .addHelpText("after", example("nodepool job-create integration-tests --hold-on-failure 2"))
    .action(async (job, { holdOnFailure }) => {
      await using pool = await openPool(context, { writes: true });
      const { id } = await pool.ask("job-create", { job, holdOnFailure });
      context.io.stdout.write(`job ${id}: nodes that fail ${job} are held, up to ${holdOnFailure}\n`);
    });
}

export function jobDeleteCommand(context: CliContext) {
  return new Command("job-delete")
    .helpGroup(helpGroup.jobs)
    .description("stop holding nodes on which jobs fail; nodes already held stay")
    .argument("<id...>", "the entries, by their ids in job-list", idsArgument)
    .addHelpText("after", example("nodepool job-delete 3"))
    .action(async (ids) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("job-delete", { ids }), { what: "job" });
    });
}
