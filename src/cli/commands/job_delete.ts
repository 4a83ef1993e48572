/** `nodepool job-delete ID…`: no longer keep nodes on which jobs fail. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { idsArgument } from "../number_argument.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";

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
