/** `nodepool provider-list`: room, use and health of each cloud. */
import { Option } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function providerListCommand(context: CliContext) {
  return viewCommand(context, "provider-list", {
    group: helpGroup.pool,
    about: "show for each provider its capacity, its use, and whether its cloud answers",
    filters: [
      new Option("--provider <name>", "only this provider"),
      new Option("--label <name>", "only providers that may supply a label"),
    ],
    example: "nodepool provider-list -o json",
  });
}
