/** `nodepool image-upload [PROVIDER|all] IMAGE`: upload the newest build of an image. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { orderImages } from "../image_orders.ts";
import { providerAndImage } from "../provider_and_image.ts";

export function imageUploadCommand(context: CliContext) {
  return new Command("image-upload")
    .helpGroup(helpGroup.images)
    .description("upload the newest build of an image, and wait until it is ready")
    .argument("<names...>", "a provider or `all` (optional), then the image")
    .usage("[options] [provider|all] <image>")
    .option("--wait", "wait until it is ready; this is the default", true)
    .option("--no-wait", "do not wait for it")
    .addHelpText("after", example("nodepool image-upload my-cloud debian-12"))
    .action(async (names, { wait }) => {
      await orderImages(context, { kind: "upload", ...providerAndImage(names) }, { wait });
    });
}
