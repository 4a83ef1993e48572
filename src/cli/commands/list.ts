/** `nodepool list [ID]`: the nodes. */
import { Command, Option } from "@commander-js/extra-typings";
import { nodeStateNames } from "../../domain/node.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { columnsOption, outputOption, sortOption, watchOption } from "../list_options.ts";
import { idArgument } from "../number_argument.ts";
import { showView } from "../show_view.ts";

export function listCommand(context: CliContext) {
  return new Command("list")
    .helpGroup(helpGroup.nodes)
    .description("show the nodes, or one of them")
    .argument("[id]", "only this node", idArgument)
    .option("--provider <name>", "only those of a provider")
    .option("--label <name>", "only those of a label")
    .addOption(new Option("--state <state>", "only those in a state").choices(nodeStateNames))
    .addOption(outputOption())
    .addOption(sortOption())
    .addOption(columnsOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool list --label ubuntu-noble --state ready -o wide"))
    .action(async (id, { output, sort, columns, watch, ...filter }) => {
      const narrowed = Object.keys(filter).length > 0;
      if (id !== undefined && narrowed) {
        throw new UsageError("give an id or filters, not both");
      }
      const { nodes } = await showView(context, "node-list", {
        ...{ output, sort, columns, watch },
        filter: { ...filter, id },
      });
      if (id === undefined || nodes.length > 0) return;
      context.io.stderr.write(`nodepool: there is no node ${id}\n`);
      context.exitCode = ExitCode.failed;
    });
}
