/** `nodepool label-list`: what there is of each label, and why there is no more. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function labelListCommand(context: CliContext) {
  return new Command("label-list")
    .description("show for each label how many nodes there are, are asked for, and are missing and why")
    .option("--label <name>", "only this label")
    .option("--provider <name>", "only labels that a provider may supply")
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool label-list --watch 5"))
    .action(async ({ output, watch, ...filter }) => {
      await showView(context, "label-list", { output, watch, filter });
    });
}
