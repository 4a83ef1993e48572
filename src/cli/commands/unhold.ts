/** `nodepool unhold ID…`: the end of a hold. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { idsArgument } from "../number_argument.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";
import { doneBy } from "../user_name.ts";

export function unholdCommand(context: CliContext) {
  return new Command("unhold")
    .helpGroup(helpGroup.nodes)
    .description("end the hold on nodes: a job that still runs goes on, other nodes are deleted")
    .argument("<id...>", "the nodes", idsArgument)
    .addHelpText("after", example("nodepool unhold 812"))
    .action(async (ids) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("unhold", { ids, comment: doneBy(context.io, "hold ended") }));
    });
}
