/** `nodepool hold ID…`: keep nodes for somebody to look at. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { durationArgument } from "../duration_argument.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { idsArgument } from "../number_argument.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";
import { userName } from "../user_name.ts";

export function holdCommand(context: CliContext) {
  return new Command("hold")
    .helpGroup(helpGroup.nodes)
    .description("keep nodes until they are deleted, even after their job ends")
    .argument("<id...>", "the nodes", idsArgument)
    .option("--reason <text>", "the reason, shown as comment")
    .option("--for <duration>", "delete them after this time: 12h, 2d", durationArgument)
    .addHelpText("after", example("nodepool hold 812 813 --reason 'disk errors, asking the cloud' --for 2d"))
    .action(async (ids, { reason = null, for: duration = null }) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("hold", { ids, reason, owner: userName(context.io), duration }));
    });
}
