/** `nodepool image-list`: the images on the clouds that were made here. */
import { Option } from "@commander-js/extra-typings";
import { imageStateNames } from "../../domain/dib_image.ts";
import type { CliContext } from "../cli_context.ts";
import { helpGroup } from "../help_group.ts";
import { viewCommand } from "../view_command.ts";

export function imageListCommand(context: CliContext) {
  return viewCommand(context, "image-list", {
    group: helpGroup.images,
    about: "show the images that were uploaded to providers or snapshotted there",
    filters: [
      new Option("--provider <name>", "only those of a provider"),
      new Option("--image <name>", "only those of an image"),
      new Option("--state <state>", "only those in a state").choices(imageStateNames),
    ],
    example: "nodepool image-list --provider my-cloud -o wide",
  });
}
