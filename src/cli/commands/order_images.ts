/** `nodepool image-build|image-upload|image-update`: order images, and wait until they are there. */
import { Command } from "@commander-js/extra-typings";
import type { CliContext } from "../cli_context.ts";
import { UsageError } from "../cli_error.ts";
import { example, helpGroup } from "../help.ts";
import { orderImages } from "../image_orders.ts";

/** @param end how the command says that it is there */
function orderNamed(name: string, { about, end }: { about: string; end: "built" | "ready" }) {
  return new Command(name)
    .helpGroup(helpGroup.images)
    .description(`${about}, and wait until it is ${end}`)
    .option("--wait", `wait until it is ${end}; this is the default`, true)
    .option("--no-wait", "do not wait for it");
}

export function imageBuildCommand(context: CliContext) {
  return orderNamed("image-build", { about: "build a diskimage", end: "built" })
    .argument("<image>", "the diskimage")
    .option("--follow", "print the build's output")
    .addHelpText("after", example("nodepool image-build debian-12 --follow"))
    .action(async (image, { wait, follow = false }) => {
      if (follow && !wait) throw new UsageError("--follow waits: it cannot be combined with --no-wait");
      await orderImages(context, { kind: "build", provider: null, image }, { wait, follow });
    });
}

export function imageUploadCommand(context: CliContext) {
  return orderNamed("image-upload", { about: "upload the newest build of an image", end: "ready" })
    .argument("<names...>", "a provider or `all` (optional), then the image")
    .usage("[options] [provider|all] <image>")
    .addHelpText("after", example("nodepool image-upload my-cloud debian-12"))
    .action(async (names, { wait }) => {
      if (names.length > 2) throw new UsageError("give an image, and before it the provider or `all`");
      const [image, provider = "all"] = names.toReversed() as [string, string?];
      await orderImages(context, { kind: "upload", provider: oneOrAll(provider), image }, { wait });
    });
}

export function imageUpdateCommand(context: CliContext) {
  const about = "make a new version of an image, built or snapshotted";
  return orderNamed("image-update", { about, end: "ready" })
    .argument("<provider>", "a provider, or `all`")
    .argument("<image>", "the image")
    .option("--follow", "print the build's output")
    .addHelpText("after", example("nodepool image-update all debian-12"))
    .action(async (provider, image, { wait, follow = false }) => {
      await orderImages(context, { kind: "update", provider: oneOrAll(provider), image }, { wait, follow });
    });
}

function oneOrAll(provider: string): string | null {
  return provider === "all" ? null : provider;
}
