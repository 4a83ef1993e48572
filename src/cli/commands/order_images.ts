/** `nodepool image-build|image-upload|image-update`: order images, and wait until they are there. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
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
      if (names.length > 2) throw new UsageError("give an image, and before it the provider or `all`");
      const [image, provider = "all"] = names.toReversed() as [string, string?];
      await orderImages(context, { kind: "upload", provider: oneOrAll(provider), image }, { wait });
    });
}

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
      await orderImages(context, { kind: "update", provider: oneOrAll(provider), image }, { wait, follow });
    });
}

function oneOrAll(provider: string): string | null {
  return provider === "all" ? null : provider;
}
