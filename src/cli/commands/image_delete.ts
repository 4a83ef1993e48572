/** `nodepool image-delete ID…`: delete images of providers. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { deletionComment } from "../user_name.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { idsArgument } from "../number_argument.ts";
import { openDaemonsPool, openPool } from "../open_pool.ts";
import { printOutcomes } from "../print_outcomes.ts";

export function imageDeleteCommand(context: CliContext) {
  return new Command("image-delete")
    .helpGroup(helpGroup.images)
    .description("delete images from their clouds; the one before becomes current")
    .argument("<id...>", "the images, by their ids in image-list", idsArgument)
    .option("--replace-ready", "then delete their nodes that nobody has had yet; others are launched instead")
    .addHelpText("after", example("nodepool image-delete 12 --replace-ready"))
    .action(async (ids, options) => {
      await using pool = options.replaceReady ? await openDaemonsPool(context) : await openPool(context);
      const outcomes = await pool.ask("image-delete", {
        ids,
        comment: deletionComment(context.io),
        ...options,
      });
      printOutcomes(context, outcomes, { what: "image" });
    });
}
