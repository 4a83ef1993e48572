/**
 * `nodepool hold|unhold|release ID…`: keep nodes for somebody to look at, and give back what is no longer needed;
 * `job-create|job-delete`: the jobs whose nodes are kept when they fail.
 */
import { Command, Option } from "@commander-js/extra-typings";
import { countArgument, durationArgument, idsArgument } from "../arguments.ts";
import type { CliContext } from "../cli_context.ts";
import { example, helpGroup } from "../help.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";
import { doneBy, userName } from "../user_name.ts";

export function holdCommand(context: CliContext) {
  return new Command("hold")
    .helpGroup(helpGroup.nodes)
    .description("keep nodes, even after their job ends; for nodes already held, change what is given")
    .argument("<id...>", "the nodes", idsArgument)
    .option("--reason <text>", "the reason, shown as comment")
    .option("--owner <name>", "whom they are held for, if not you")
    .option("--for <duration>", "end the hold after this time: 12h, 2d", durationArgument)
    .addOption(
      new Option("--extend <duration>", "extend the hold by this time").argParser(durationArgument)
        .conflicts("for"),
    )
    .addHelpText("after", example("nodepool hold 812 813 --reason 'disk errors, asking the cloud' --for 2d"))
    .action(async (ids, { reason = null, owner: newOwner, for: duration = null, extend }) => {
      await using pool = await openPool(context);
      const holding = { reason, owner: userName(context.io), newOwner, duration, extend };
      printOutcomes(context, await pool.ask("hold", { ids, ...holding }));
    });
}

export function unholdCommand(context: CliContext) {
  return new Command("unhold")
    .helpGroup(helpGroup.nodes)
    .description("end the hold on nodes: a job that still runs goes on, other nodes are deleted")
    .argument("<id...>", "the nodes", idsArgument)
    .addHelpText("after", example("nodepool unhold 812"))
    .action(async (ids) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("unhold", { ids, comment: doneBy(context.io, "hold ended") }));
    });
}

export function releaseCommand(context: CliContext) {
  return new Command("release")
    .helpGroup(helpGroup.nodes)
    .description(
      "give back acquired nodes; they are deleted, or held if their job failed and job-create named it",
    )
    .argument("<id...>", "the nodes", idsArgument)
    .addOption(new Option("--result <result>", "how the job went").choices(["SUCCESS", "FAILURE"] as const))
    .option("--job <name>", "the job that ran on them, if not the one they were acquired for")
    .addHelpText("after", example("nodepool release 812 --result SUCCESS"))
    .action(async (ids, { result = null, job = null }) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("release", { ids, result, job }));
    });
}

export function jobCreateCommand(context: CliContext) {
  return new Command("job-create")
    .helpGroup(helpGroup.jobs)
    .description("hold the nodes on which a job fails, up to a given number")
    .argument("<name>", "the job, by the name that nodes are acquired or released with")
    .option("--hold-on-failure <n>", "how many nodes are held at a time", countArgument, 1)
    .addHelpText("after", example("nodepool job-create integration-tests --hold-on-failure 2"))
    .action(async (job, { holdOnFailure }) => {
      await using pool = await openPool(context, { writes: true });
      const { id } = await pool.ask("job-create", { job, holdOnFailure });
      context.io.stdout.write(`job ${id}: nodes on which ${job} fails are held, up to ${holdOnFailure}\n`);
    });
}

export function jobDeleteCommand(context: CliContext) {
  return new Command("job-delete")
    .helpGroup(helpGroup.jobs)
    .description("stop holding nodes on which jobs fail; nodes already held stay")
    .argument("<id...>", "the entries, by their ids in job-list", idsArgument)
    .addHelpText("after", example("nodepool job-delete 3"))
    .action(async (ids) => {
      await using pool = await openPool(context);
      printOutcomes(context, await pool.ask("job-delete", { ids }), { what: "job" });
    });
}
