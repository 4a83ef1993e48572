/** `nodepool job-list`: the jobs whose failed nodes are held. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function jobListCommand(context: CliContext) {
  return new Command("job-list")
    .description("show the jobs whose failed nodes are held, and how many are")
    .option("--job <name>", "only this job")
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool job-list -o wide"))
    .action(async ({ output, watch, ...filter }) => {
      await showView(context, "job-list", { output, watch, filter });
    });
}
