/**
 * `nodepool history [ID]`: the nodes that are gone, or one with all that is known of it; `report`: how servers were used, what
 * failed, how long people waited, what it cost.
 */
import { Command, Option } from "@commander-js/extra-typings";
import { usageGroupings } from "../../domain/sum_usage.ts";
import type { RequestOf } from "../../control/operations.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import type { NodeDetailsView } from "../../views/node_details.ts";
import type { NodeView } from "../../views/node_list.ts";
import type { CliContext } from "../cli_context.ts";
import { checkWindow, countArgument, idArgument, instantArgument } from "../arguments.ts";
import { UsageError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
import { openPool } from "../open_pool.ts";
import { columnsOption, outputOption, sortOption } from "../output_options.ts";
import { formatView } from "../output_format.ts";
import type { ShowOptions } from "./list.ts";
import { forTerminal, writeLine } from "../write_line.ts";

export function historyCommand(context: CliContext) {
  const instant = instantArgument(context.io);
  return new Command("history")
    .helpGroup(helpGroup.nodes)
    .description("show nodes that are gone, the newest first, or everything about one of them")
    .argument("[id]", "only this node, with its time line, errors and console", idArgument)
    .option("--label <name>", "only those of a label")
    .option("--provider <name>", "only those of a provider")
    .option("--image <name>", "only those of an image")
    .option("--job <name>", "only those that had this job")
    .option(
      "--result <result>",
      "only those with this result: used, failed, unused, lost, or the job's own, such as SUCCESS",
    )
    .option("--hostname <name>", "only those of this name; * stands for anything")
    .option(
      "--since <time>",
      "only those gone since: 2d (two days ago), 2026-01-31, 2026-01-31T18:00",
      instant,
    )
    .option("--until <time>", "only those gone before", instant)
    .option("--limit <n>", "at most this number", countArgument, 50)
    .option("--before <id>", "only those gone before this node: the next page", idArgument)
    .addOption(outputOption())
    .addOption(sortOption())
    .addOption(columnsOption())
    .addHelpText("after", example("nodepool history --job unit-tests --since 2d"))
    .action(async (id, { output, sort, columns, limit, ...filter }) => {
      const choice = { output, sort, columns };
      checkWindow(filter, context.io);
      await using pool = await openPool(context);
      if (id === undefined) return await showPage(context, pool, { ...choice, query: { limit, ...filter } });
      if (Object.keys(filter).length > 0) throw new UsageError("give an id or filters, not both");
      await showOne(context, pool, { ...choice, id });
    });
}

async function showPage(
  { io }: CliContext,
  pool: PoolClient,
  { output: format, query, ...choice }: ShowOptions & { query: RequestOf<"history"> },
): Promise<void> {
  const view = await pool.ask("history", query);
  const { historyTable: table } = await import("../../views/history.ts");
  io.stdout.write(await formatView(view, { ...choice, table, format, io }));
  const last = view.history.at(-1);
  if (last === undefined) {
    const { noteUnknownNames } = await import("../note_unknown_names.ts");
    await noteUnknownNames(pool, { filter: query }, io);
  }
  if (!view.more || last === undefined) return;
  writeLine(io.stderr, `nodepool: there are older ones: add --before ${last.id}, or raise --limit`);
}

async function showOne(
  { io }: CliContext,
  pool: PoolClient,
  { output: format, id, ...choice }: ShowOptions & { id: number },
): Promise<void> {
  const view = await pool.ask("node", { id });
  if (format === "table" || format === "wide") {
    const { renderNodeText } = await import("../../views/node_facts.ts");
    return void io.stdout.write(renderNodeText(view, (facts) => forTerminal(io.stdout, facts)));
  }
  const { nodeTable: { columns } } = await import("../../views/node_list.ts");
  const table = { columns, rows: ({ node }: NodeDetailsView) => [node as NodeView] };
  io.stdout.write(await formatView(view, { ...choice, table, format, io }));
}

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
      const { usageTable } = await import("../../views/usage_report.ts");
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
