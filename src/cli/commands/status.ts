/** `nodepool status`: the pool at a glance. */
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function statusCommand(context: CliContext) {
  return viewCommand(context, "status", {
    group: helpGroup.pool,
    about: "show whether a daemon runs, with which configuration, and what is wrong",
    example: "nodepool status -o json | jq .problems",
  });
}
