/** `nodepool alien-image-list [PROVIDER]`: images of the project that the pool does not know. It deletes nothing. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { columnsOption, outputOption, sortOption } from "../list_options.ts";
import { openPool } from "../open_pool.ts";
import { formatView } from "../output_format.ts";
import { alienImageTable } from "../../views/alien_lists.ts";
import { writeLine } from "../write_line.ts";

export function alienImageListCommand(context: CliContext) {
  return new Command("alien-image-list")
    .helpGroup(helpGroup.images)
    .description("show images on the clouds, in our project, that are not ours")
    .argument("[provider]", "only this provider's")
    .addOption(outputOption())
    .addOption(sortOption())
    .addOption(columnsOption())
    .addHelpText("after", example("nodepool alien-image-list my-cloud"))
    .action(async (provider, { output, sort, columns }) => {
      const { io } = context;
      await using pool = await openPool(context);
      using interrupts = io.interrupts();
      const content = await pool.ask("alien-image-list", { provider }, interrupts);
      io.stdout.write(
        await formatView(content, { table: alienImageTable, format: output, sort, columns, io }),
      );
      for (const warning of content.warnings) writeLine(io.stderr, `nodepool: warning: ${warning}`);
    });
}
