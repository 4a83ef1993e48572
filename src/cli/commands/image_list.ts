/** `nodepool image-list`: the images on the clouds that were made here. */
import { Command, Option } from "@commander-js/extra-typings";
import { imageStateNames } from "../../domain/dib_image.ts";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function imageListCommand(context: CliContext) {
  return new Command("image-list")
    .description("show the images that were uploaded to providers or snapshotted there")
    .option("--provider <name>", "only those of a provider")
    .option("--image <name>", "only those of an image")
    .addOption(new Option("--state <state>", "only those in a state").choices(imageStateNames))
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool image-list --provider my-cloud -o wide"))
    .action(async ({ output, watch, ...filter }) => {
      await showView(context, "image-list", { output, watch, filter });
    });
}
