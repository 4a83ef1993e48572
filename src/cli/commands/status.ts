/** `nodepool status`: the pool at a glance. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function statusCommand(context: CliContext) {
  return new Command("status")
    .description("show whether a daemon runs, on which configuration, and what is not well")
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool status -o json | jq .problems"))
    .action(async ({ output, watch }) => {
      await showView(context, "status", { output, watch });
    });
}
