/** `nodepool hold ID…`: keep nodes for somebody to look at. */
import { Command, Option } from "@commander-js/extra-typings";
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
    .description("keep nodes, even after their job ends; for nodes already held, change what is given")
    .argument("<id...>", "the nodes", idsArgument)
    .option("--reason <text>", "the reason, shown as comment")
    .option("--owner <name>", "whom they are held for, if not you")
    .option("--for <duration>", "end the hold after this time: 12h, 2d", durationArgument)
    .addOption(
      new Option("--extend <duration>", "extend the hold by this time").argParser(durationArgument)
        .conflicts("for"),
    )
    .addHelpText("after", example("nodepool hold 812 813 --reason 'disk errors, asking the cloud' --for 2d"))
    .action(async (ids, { reason = null, owner: newOwner, for: duration = null, extend }) => {
      await using pool = await openPool(context);
      const holding = { reason, owner: userName(context.io), newOwner, duration, extend };
      printOutcomes(context, await pool.ask("hold", { ids, ...holding }));
    });
}
