/** `nodepool request-list`: who waits for nodes. */
import { Command, Option } from "@commander-js/extra-typings";
import { requestStateNames } from "../../domain/request.ts";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function requestListCommand(context: CliContext) {
  return new Command("request-list")
    .description("show who waits for nodes, and why they wait")
    .option("--label <name>", "only requests for a label")
    .addOption(new Option("--state <state>", "only those in a state").choices(requestStateNames))
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool request-list --state waiting"))
    .action(async ({ output, watch, ...filter }) => {
      await showView(context, "request-list", { output, watch, filter });
    });
}
