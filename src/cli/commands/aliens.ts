/** `nodepool alien-list|alien-image-list [PROVIDER]`: what is on the clouds and the pool does not know. They delete nothing. */
import { Command } from "@commander-js/extra-typings";
import { alienImageTable, alienTable } from "../../views/alien_lists.ts";
import type { PoolList } from "../../views/view_pool.ts";
import type { CliContext } from "../cli_context.ts";
import { example, helpGroup } from "../help.ts";
import { columnsOption, outputOption, sortOption } from "../output_options.ts";
import { openPool } from "../open_pool.ts";
import { formatView } from "../output_format.ts";
import { writeLine } from "../write_line.ts";

const lists = {
  "alien-list": {
    group: helpGroup.pool,
    about: "show servers on the clouds that are not ours",
    table: alienTable,
  },
  "alien-image-list": {
    group: helpGroup.images,
    about: "show images of the project on the clouds that are not ours",
    table: alienImageTable,
  },
};

export const aliensCommandOf = (name: keyof typeof lists) => (context: CliContext) => {
  const { group, about, ...list } = lists[name];
  return new Command(name)
    .helpGroup(group)
    .description(about)
    .argument("[provider]", "only this provider's")
    .addOption(outputOption())
    .addOption(sortOption())
    .addOption(columnsOption())
    .addHelpText("after", example(`nodepool ${name} my-cloud`))
    .action(async (provider, { output: format, ...choice }) => {
      const { io } = context;
      await using pool = await openPool(context);
      using interrupts = io.interrupts();
      const content = await pool.ask(name, { provider }, interrupts);
      io.stdout.write(
        await formatView(content, { table: list.table as PoolList["table"], format, ...choice, io }),
      );
      for (const warning of content.warnings) writeLine(io.stderr, `nodepool: warning: ${warning}`);
    });
};
