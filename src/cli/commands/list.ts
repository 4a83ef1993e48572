/** `nodepool list [ID]`: the nodes; and the commands that print another one of the pool's lists, narrowed by options. */
import { Command, Option } from "@commander-js/extra-typings";
import { ControlError } from "../../control/control_error.ts";
import type { PoolClient } from "../../control/pool_client.ts";
import { imageStateNames } from "../../domain/dib_image.ts";
import { nodeStateNames } from "../../domain/node.ts";
import { requestStateNames } from "../../domain/request.ts";
import type { NodeDetails } from "../../views/node_details.ts";
import type { NodeView } from "../../views/node_list.ts";
import { SECOND } from "../../domain/time.ts";
import type { ViewFilter } from "../../views/view_filter.ts";
import type { PoolList, PoolViewName } from "../../views/view_pool.ts";
import { idArgument } from "../arguments.ts";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { ExitCode } from "../exit_code.ts";
import { example, type HelpGroup, helpGroup } from "../help.ts";
import { columnsOption, type ListChoice, outputOption, sortOption, watchOption } from "../output_options.ts";
import { openPool } from "../open_pool.ts";
import { formatView, type OutputFormat } from "../output_format.ts";
import { describeEndedNode } from "../print_outcomes.ts";
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
  const { nodeTable: table } = await import("../../views/node_list.ts");
  const shown = gone === null ? view : { ...view, nodes: [gone as NodeView] };
  if (view.nodes.length === 0) context.exitCode = ExitCode.failed;
  io.stdout.write(await formatView(shown, { ...choice, table, format, io }));
  if (view.nodes.length > 0) return;
  const why = gone === null
    ? `there is no node ${id}`
    : `${describeEndedNode(gone)}; \`history ${id}\` shows everything about it`;
  writeLine(io.stderr, `nodepool: ${why}`);
}

async function findGone(pool: PoolClient, id: number): Promise<NodeDetails | null> {
  try {
    return (await pool.ask("node", { id })).node;
  } catch (error) {
    if (error instanceof ControlError && error.status === 404) return null;
    throw error;
  }
}

interface ListCommand {
  readonly group: HelpGroup;
  readonly about: string;
  /** Named as the list's filters are. */
  readonly filters?: readonly Option[];
  readonly example: string;
}

const imageState = new Option("--state <state>", "only those in a state").choices(imageStateNames);

const lists = {
  "dib-image-list": {
    group: helpGroup.images,
    about: "show the images that diskimage-builder built, or is building",
    filters: [new Option("--image <name>", "only those of a diskimage"), imageState],
    example: "nodepool dib-image-list -o wide",
  },
  "image-list": {
    group: helpGroup.images,
    about: "show the images that were uploaded to providers or snapshotted there",
    filters: [
      new Option("--provider <name>", "only those of a provider"),
      new Option("--image <name>", "only those of an image"),
      imageState,
    ],
    example: "nodepool image-list --provider my-cloud -o wide",
  },
  "job-list": {
    group: helpGroup.jobs,
    about: "show the jobs whose failed nodes are held, and how many nodes each holds",
    filters: [new Option("--job <name>", "only this job")],
    example: "nodepool job-list -o wide",
  },
  "label-list": {
    group: helpGroup.pool,
    about: "show for each label how many nodes exist, are requested and are missing, and why",
    filters: [
      new Option("--label <name>", "only this label"),
      new Option("--provider <name>", "only labels that a provider may supply"),
    ],
    example: "nodepool label-list --watch 5",
  },
  "provider-list": {
    group: helpGroup.pool,
    about: "show for each provider its capacity, its use, and whether its cloud answers",
    filters: [
      new Option("--provider <name>", "only this provider"),
      new Option("--label <name>", "only providers that may supply a label"),
    ],
    example: "nodepool provider-list -o json",
  },
  "request-list": {
    group: helpGroup.nodes,
    about: "show who is waiting for nodes, and why",
    filters: [
      new Option("--label <name>", "only requests for a label"),
      new Option("--state <state>", "only those in a state").choices(requestStateNames),
    ],
    example: "nodepool request-list --state waiting",
  },
  "status": {
    group: helpGroup.pool,
    about: "show whether a daemon runs, with which configuration, and what is wrong",
    example: "nodepool status -o json | jq .problems",
  },
} satisfies Partial<Record<PoolViewName, ListCommand>>;

export const listCommands = Object.fromEntries(
  Object.keys(lists).map((name) => [name, listCommandOf(name as keyof typeof lists)]),
);

function listCommandOf(name: keyof typeof lists) {
  return (context: CliContext) => {
    const { group, about, filters = [], example: line }: ListCommand = lists[name];
    const command = new Command(name).helpGroup(group).description(about);
    for (const filter of filters) command.addOption(filter);
    return command
      .addOption(outputOption())
      .addOption(sortOption())
      .addOption(columnsOption())
      .addOption(watchOption())
      .addHelpText("after", example(line))
      .action(async ({ output, sort, columns, watch, ...filter }) => {
        await showView(context, name, { output, sort, columns, watch, filter });
      });
  };
}

export interface ShowOptions extends ListChoice {
  readonly output: OutputFormat;
  readonly filter?: ViewFilter;
  /** Milliseconds between two drawings; `true`: the usual ones; not given: once. */
  readonly watch?: number | true;
}

const USUAL_WATCH = 2 * SECOND;

/** All list commands come to this. */
async function showView(
  context: CliContext,
  name: PoolViewName,
  options: ShowOptions,
): Promise<void> {
  const { watch } = options;
  if (watch !== undefined) {
    const { watchView } = await import("../watch_view.ts");
    return await watchView(context, { name, options, pause: watch === true ? USUAL_WATCH : watch });
  }
  await using pool = await openPool(context);
  const { filter = {} } = options;
  const content = await pool.ask(name, filter);
  const { poolLists } = await import("../../views/view_pool.ts");
  const { table }: PoolList = poolLists[name];
  const { io } = context;
  io.stdout.write(await formatView(content, { ...options, table, format: options.output, io }));
  if (table.rows(content).length === 0 && Object.keys(filter).length > 0) {
    const { noteUnknownNames } = await import("../note_unknown_names.ts");
    await noteUnknownNames(pool, { filter, images: name === "dib-image-list" ? "diskimage" : "image" }, io);
  }
}
