/** `nodepool label-list`: what there is of each label, and why there is no more. */
import { Option } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function labelListCommand(context: CliContext) {
  return viewCommand(context, "label-list", {
    group: helpGroup.pool,
    about: "show for each label how many nodes exist, are requested and are missing, and why",
    filters: [
      new Option("--label <name>", "only this label"),
      new Option("--provider <name>", "only labels that a provider may supply"),
    ],
    example: "nodepool label-list --watch 5",
  });
}
