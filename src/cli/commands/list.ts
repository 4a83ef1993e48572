/** `nodepool list [ID]`: the nodes. */
import { Command, Option } from "@commander-js/extra-typings";
import { ControlError } from "../../control/control_error.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import { nodeStateNames } from "../../domain/node.ts";
import type { NodeDetails } from "../../views/node_details.ts";
import type { NodeView } from "../../views/node_list.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example, helpGroup } from "../help.ts";
import { columnsOption, outputOption, sortOption, watchOption } from "../list_options.ts";
import { idArgument } from "../arguments.ts";
import { openPool } from "../open_pool.ts";
import { formatView } from "../output_format.ts";
import { type ShowOptions, showView } from "../show_view.ts";
import { writeLine } from "../write_line.ts";

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
      const options = { output, sort, columns, watch, filter: { ...filter, id } };
      if (id !== undefined && watch === undefined) return await showOne(context, { id, ...options });
      await showView(context, "node-list", options);
    });
}

/** One that is gone is shown from its history; it is not there all the same, and the command fails. */
async function showOne(
  context: CliContext,
  { id, output: format, ...choice }: ShowOptions & { id: number },
): Promise<void> {
  const { io } = context;
  await using pool = await openPool(context);
  const view = await pool.ask("node-list", { id });
  const gone = view.nodes.length > 0 ? null : await findGone(pool, id);
  const { nodeTable: table } = await import("../../views/tables/node_table.ts");
  const shown = gone === null ? view : { ...view, nodes: [gone as NodeView] };
  if (view.nodes.length === 0) context.exitCode = ExitCode.failed;
  io.stdout.write(await formatView(shown, { ...choice, table, format, io }));
  if (view.nodes.length > 0) return;
  writeLine(io.stderr, `nodepool: ${gone === null ? `there is no node ${id}` : describe(gone)}`);
}

async function findGone(pool: PoolClient, id: number): Promise<NodeDetails | null> {
  try {
    return (await pool.ask("node", { id })).node;
  } catch (error) {
    if (error instanceof ControlError && error.status === 404) return null;
    throw error;
  }
}

function describe({ id, ended, result, comment }: NodeDetails): string {
  const how = [result, comment].filter((part) => part !== null).join(": ");
  return `node ${id} has been gone since ${ended}, ${how}; \`history ${id}\` shows everything about it`;
}
