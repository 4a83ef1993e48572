/** `nodepool dib-image-list`: the images that were built here. */
import { Command, Option } from "@commander-js/extra-typings";
import { imageStateNames } from "../../domain/dib_image.ts";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { outputOption } from "../output_format.ts";
import { showView, watchOption } from "../show_view.ts";

export function dibImageListCommand(context: CliContext) {
  return new Command("dib-image-list")
    .description("show the images that diskimage-builder built, or is building")
    .option("--image <name>", "only those of a diskimage")
    .addOption(new Option("--state <state>", "only those in a state").choices(imageStateNames))
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText("after", example("nodepool dib-image-list -o wide"))
    .action(async ({ output, watch, ...filter }) => {
      await showView(context, "dib-image-list", { output, watch, filter });
    });
}
