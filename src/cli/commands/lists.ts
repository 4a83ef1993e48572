/** The commands that print one of the pool's lists, narrowed by options. */
import { Command, Option } from "@commander-js/extra-typings";
import { imageStateNames } from "../../domain/dib_image.ts";
import { requestStateNames } from "../../domain/request.ts";
import type { PoolViewName } from "../../views/view_pool.ts";
import type { CliContext } from "../cli_context.ts";
import { example, type HelpGroup, helpGroup } from "../help.ts";
import { columnsOption, outputOption, sortOption, watchOption } from "../list_options.ts";
import { showView } from "../show_view.ts";

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
    about: "show the jobs whose failed nodes are held, and how many are",
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

/** Makes the command of that name. */
export function listCommandOf(name: keyof typeof lists) {
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
