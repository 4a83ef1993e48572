/** `nodepool explain NAME`: why there is, or is not, a node; `nodepool show NODE`: everything about one, living or gone. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { documentOption } from "../output_options.ts";
import { renderDocument } from "../output_format.ts";
import { example, helpGroup } from "../help.ts";
import { openPool } from "../open_pool.ts";
import { forTerminal } from "../write_line.ts";

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

export function showCommand(context: CliContext) {
  return new Command("show")
    .helpGroup(helpGroup.nodes)
    .description("show everything about a node, even one that is gone")
    .argument("<node>", "its id, host name, server id or address")
    .addOption(documentOption())
    .addHelpText("after", example("nodepool show 203.0.113.7"))
    .action(async (name, { output }) => {
      await using pool = await openPool(context);
      const { stdout } = context.io;
      const view = await pool.ask("show", { name });
      if (output !== "text") return void stdout.write(await renderDocument(view, output));
      const { renderNodeText } = await import("../../views/node_facts.ts");
      stdout.write(renderNodeText(view, (facts) => forTerminal(stdout, facts)));
    });
}
