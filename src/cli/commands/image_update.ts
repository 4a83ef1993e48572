/** `nodepool image-update PROVIDER|all IMAGE`: rebuild (or prepare and snapshot again) an image, and upload it. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { example } from "../example.ts";
import { helpGroup } from "../help_group.ts";
import { orderImages } from "../image_orders.ts";
import { providerAndImage } from "../provider_and_image.ts";

export function imageUpdateCommand(context: CliContext) {
  return new Command("image-update")
    .helpGroup(helpGroup.images)
    .description("make a new version of an image, built or snapshotted, and wait until it is ready")
    .argument("<provider>", "a provider, or `all`")
    .argument("<image>", "the image")
    .option("--wait", "wait until it is ready; this is the default", true)
    .option("--no-wait", "do not wait for it")
    .option("--follow", "print the build's output")
    .addHelpText("after", example("nodepool image-update all debian-12"))
    .action(async (provider, image, { wait, follow = false }) => {
      const spec = { kind: "update", ...providerAndImage([provider, image]) } as const;
      await orderImages(context, spec, { wait, follow });
    });
}
