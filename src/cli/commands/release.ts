/** `nodepool release ID…`: give nodes back. */
import { Command, Option } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { idsArgument } from "../number_argument.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";

export function releaseCommand(context: CliContext) {
  return new Command("release")
    .helpGroup(helpGroup.nodes)
    .description(
      "give back nodes that were acquired; they are deleted, or held where their job failed and has an entry",
    )
    .argument("<id...>", "the nodes", idsArgument)
    .addOption(new Option("--result <result>", "how the job went").choices(["SUCCESS", "FAILURE"] as const))
    .option("--job <name>", "the job that ran on them, if not the one they were acquired for")
    .addHelpText("after", example("nodepool release 812 --result SUCCESS"))
    .action(async (ids, { result = null, job = null }) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("release", { ids, result, job }));
    });
}
