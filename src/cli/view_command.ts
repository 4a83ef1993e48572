/** Shared by the commands that print one of the pool's lists, narrowed by options. */
import { Command, type Option } from "@commander-js/extra-typings";
import type { PoolViewName } from "../views/view_pool.ts";
import type { CliContext } from "./cli_context.ts";
import { example } from "./example.ts";
import type { HelpGroup } from "./help_group.ts";
import { columnsOption, outputOption, sortOption, watchOption } from "./list_options.ts";
import { showView } from "./show_view.ts";

interface ListCommand {
  readonly group: HelpGroup;
  readonly about: string;
  /** Named as the list's filters are. */
  readonly filters?: readonly Option[];
  readonly example: string;
}

export function viewCommand(
  context: CliContext,
  name: PoolViewName,
  { group, about, filters = [], example: line }: ListCommand,
) {
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
}
