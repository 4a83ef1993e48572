/** `nodepool status`: the pool at a glance. */
import type { CliContext } from "../cli_context.ts";
import { listCommand } from "../list_command.ts";

export function statusCommand(context: CliContext) {
  return listCommand(context, "status", {
    about: "show whether a daemon runs, with which configuration, and what is wrong",
    example: "nodepool status -o json | jq .problems",
  });
}
