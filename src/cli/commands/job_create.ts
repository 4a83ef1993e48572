/** `nodepool job-create NAME [--hold-on-failure N]`: keep nodes on which a job fails. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { countArgument } from "../number_argument.ts";
import { openPool } from "../open_pool.ts";

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
