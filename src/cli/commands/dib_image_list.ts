/** `nodepool dib-image-list`: the images that were built here. */
import { Option } from "@commander-js/extra-typings";
import { imageStateNames } from "../../domain/dib_image.ts";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function dibImageListCommand(context: CliContext) {
  return viewCommand(context, "dib-image-list", {
    group: helpGroup.images,
    about: "show the images that diskimage-builder built, or is building",
    filters: [
      new Option("--image <name>", "only those of a diskimage"),
      new Option("--state <state>", "only those in a state").choices(imageStateNames),
    ],
    example: "nodepool dib-image-list -o wide",
  });
}
