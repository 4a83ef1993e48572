/** `nodepool explain NAME`: why there is, or is not, a node. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { documentOption, renderDocument } from "../document_format.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { openPool } from "../open_pool.ts";

export function explainCommand(context: CliContext) {
  return new Command("explain")
    .helpGroup(helpGroup.pool)
    .description("say why there is, or is not, a node, and what to do")
    .argument(
      "<name>",
      "a label, a provider, an image, a node or a request; if several share the name, label:NAME",
    )
    .addOption(documentOption())
    .addHelpText("after", example("nodepool explain ubuntu-noble"))
    .action(async (name, { output }) => {
      const { io } = context;
      await using pool = await openPool(context);
      const view = await pool.ask("explain", { name });
      if (output !== "text") return void io.stdout.write(await renderDocument(view, output));
      const { renderExplanation } = await import("../../views/explain/render_explanation.ts");
      const { localTimes } = await import("../../lib/local_times.ts");
      const width = io.stdout.columns;
      io.stdout.write(renderExplanation(view, width === null ? {} : { width, time: localTimes }));
    });
}
