/** `nodepool image-build IMAGE`: build a diskimage. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { orderImages } from "../image_orders.ts";

export function imageBuildCommand(context: CliContext) {
  return new Command("image-build")
    .helpGroup(helpGroup.images)
    .description("build a diskimage, and wait until it is built")
    .argument("<image>", "the diskimage")
    .option("--wait", "wait until it is built; this is the default", true)
    .option("--no-wait", "do not wait for it")
    .option("--follow", "print the build's output")
    .addHelpText("after", example("nodepool image-build debian-12 --follow"))
    .action(async (image, { wait, follow = false }) => {
      if (follow && !wait) throw new UsageError("--follow waits: it cannot be combined with --no-wait");
      await orderImages(context, { kind: "build", provider: null, image }, { wait, follow });
    });
}
