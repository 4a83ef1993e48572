/** `nodepool job-list`: the jobs whose failed nodes are held. */
import { Option } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function jobListCommand(context: CliContext) {
  return viewCommand(context, "job-list", {
    group: helpGroup.jobs,
    about: "show the jobs whose failed nodes are held, and how many are",
    filters: [new Option("--job <name>", "only this job")],
    example: "nodepool job-list -o wide",
  });
}
