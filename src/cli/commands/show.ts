/** `nodepool show NODE`: everything about a node, living or gone, by any of its names. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { documentOption, renderDocument } from "../document_format.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { openPool } from "../open_pool.ts";

export function showCommand(context: CliContext) {
  return new Command("show")
    .helpGroup(helpGroup.nodes)
    .description("show everything about a node, even one that is gone")
    .argument("<node>", "its id, host name, server id or address")
    .addOption(documentOption())
    .addHelpText("after", example("nodepool show 203.0.113.7"))
    .action(async (name, { output }) => {
      await using pool = await openPool(context);
      const view = await pool.ask("show", { name });
      const { renderNodeText } = await import("../../views/node_facts.ts");
      context.io.stdout.write(output === "text" ? renderNodeText(view) : await renderDocument(view, output));
    });
}
