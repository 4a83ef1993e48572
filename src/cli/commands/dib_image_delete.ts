/** `nodepool dib-image-delete ID…`: delete builds and their files. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { doneBy } from "../user_name.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { idsArgument } from "../number_argument.ts";
import { openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";

export function dibImageDeleteCommand(context: CliContext) {
  return new Command("dib-image-delete")
    .helpGroup(helpGroup.images)
    .description("delete built images and their files; uploaded images stay")
    .argument("<id...>", "the builds, by their ids in dib-image-list", idsArgument)
    .addHelpText("after", example("nodepool dib-image-delete 7"))
    .action(async (ids) => {
      await using pool = await openPool(context);
      const outcomes = await pool.ask("dib-image-delete", { ids, comment: doneBy(context.io, "deleted") });
      printOutcomes(context, outcomes, { what: "dib image" });
    });
}
