/** `nodepool provider-list`: room, use and health of each cloud. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function providerListCommand(context: CliContext) {
  return new Command("provider-list")
    .description("show for each provider its room, its use, and whether its cloud answers")
    .option("--provider <name>", "only this provider")
    .option("--label <name>", "only providers that may supply a label")
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool provider-list -o json"))
    .action(async ({ output, watch, ...filter }) => {
      await showView(context, "provider-list", { output, watch, filter });
    });
}
