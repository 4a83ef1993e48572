/** `nodepool alien-list [PROVIDER]`: servers on the clouds that the pool does not know. It deletes nothing. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { columnsOption, outputOption, sortOption } from "../list_options.ts";
import { openPool } from "../open_pool.ts";
import { formatView } from "../output_format.ts";
import { alienTable } from "../../views/alien_lists.ts";
import { writeLine } from "../write_line.ts";

export function alienListCommand(context: CliContext) {
  return new Command("alien-list")
    .helpGroup(helpGroup.pool)
    .description("show servers on the clouds that are not ours")
    .argument("[provider]", "only this provider's")
    .addOption(outputOption())
    .addOption(sortOption())
    .addOption(columnsOption())
    .addHelpText("after", example("nodepool alien-list my-cloud"))
    .action(async (provider, { output, sort, columns }) => {
      const { io } = context;
      await using pool = await openPool(context);
      using interrupts = io.interrupts();
      const content = await pool.ask("alien-list", { provider }, interrupts);
      io.stdout.write(await formatView(content, { table: alienTable, format: output, sort, columns, io }));
      for (const warning of content.warnings) writeLine(io.stderr, `nodepool: warning: ${warning}`);
    });
}
