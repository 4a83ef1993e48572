/** `nodepool report`: how servers were used, what failed, how long people waited, what it cost. */
import { Command, Option } from "@commander-js/extra-typings";
import { usageGroupings } from "../../domain/sum_usage.ts";
import type { CliContext } from "../cli_context.ts";
import { checkWindow, instantArgument } from "../arguments.ts";
import { example, helpGroup } from "../help.ts";
import { columnsOption, outputOption, sortOption } from "../list_options.ts";
import { openPool } from "../open_pool.ts";
import { formatView } from "../output_format.ts";
import { writeLine } from "../write_line.ts";

export function reportCommand(context: CliContext) {
  const { io } = context;
  const instant = instantArgument(io);
  return new Command("report")
    .helpGroup(helpGroup.pool)
    .description("show how servers were used, what failed, how long people waited, and what it cost")
    .addOption(
      new Option("--by <what>", "a row for each of these").choices(usageGroupings).default("label" as const),
    )
    .option("--since <time>", "from this time on: 7d (seven days ago), 2026-01-31, 2026-01-31T18:00", instant)
    .option("--until <time>", "up to this time", instant)
    .addOption(outputOption())
    .addOption(sortOption())
    .addOption(columnsOption())
    .addHelpText("after", example("nodepool report --by job --since 7d"))
    .action(async ({ by, since, until, output: format, ...choice }) => {
      checkWindow({ since, until }, io);
      await using pool = await openPool(context);
      const view = await pool.ask("report", { by, since, until });
      const { usageTable } = await import("../../views/tables/usage_table.ts");
      const isText = format === "table" || format === "wide";
      const table = usageTable(view.by, { total: isText && choice.sort === undefined });
      io.stdout.write(await formatView(view, { ...choice, table, format, io }));
      if (isText) writeLine(io.stderr, `nodepool: from ${view.since} to ${view.until}`);
      if (view.since >= view.complete_since) return;
      writeLine(
        io.stderr,
        `nodepool: nodes that ended before ${view.complete_since} may be forgotten, so figures from before then ` +
          "may be too low: see limits.history and limits.history-nodes",
      );
    });
}
