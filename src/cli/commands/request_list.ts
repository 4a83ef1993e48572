/** `nodepool request-list`: who waits for nodes. */
import { Option } from "@commander-js/extra-typings";
import { requestStateNames } from "../../domain/request.ts";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function requestListCommand(context: CliContext) {
  return viewCommand(context, "request-list", {
    group: helpGroup.nodes,
    about: "show who is waiting for nodes, and why",
    filters: [
      new Option("--label <name>", "only requests for a label"),
      new Option("--state <state>", "only those in a state").choices(requestStateNames),
    ],
    example: "nodepool request-list --state waiting",
  });
}
