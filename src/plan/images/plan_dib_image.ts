/** Decides what happens next with one dib image. Pure; `planImages` calls it for every one in every planning. */
import { buildFolder } from "../../domain/build_path.ts";
import { hostOf, ORPHANS_END } from "../../domain/build_places.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { findDiskimage } from "../../domain/image_uses.ts";
import type { DibStep, ImageWorld } from "./image_step.ts";
import { act, awaitRetry, change, wait } from "../follow_ladder.ts";

export function planDibImage(image: DibImage, world: ImageWorld): DibStep {
  switch (image.state.phase) {
    case "build":
      return planBuild(image, image.state, world);
    case "ready":
      return findDiskimage(world.config, image.name) === null ? remove(image) : { do: "stay" };
    case "delete":
      return planRemoval(image, world);
  }
}

function planBuild(
  image: DibImage,
  state: DibImage["state"] & { phase: "build" },
  world: ImageWorld,
): DibStep {
  if (findDiskimage(world.config, image.name) === null) return remove(image);
  if (world.isRunning("build-image", image.id)) {
    const where = image.builder === undefined ? "" : ` on ${image.builder.host}`;
    return wait("build", `diskimage-builder is running${where}`);
  }
  const fault = folderFault(image, world);
  if (fault !== null) return { do: "wait", reason: "worker", message: fault };
  if (state.startedAt !== null) return planInterrupted(image, world);
  if (!world.building) {
    return wait("worker", "this daemon builds no images (--no-builder)");
  }
  if (world.places.whyNone !== null) return wait("worker", world.places.whyNone);
  if (!world.accepting) return wait("worker", "the daemon is stopping");
  return act({ type: "build-image", dibImage: image });
}

/** One that another process has begun, or had begun. */
function planInterrupted(image: DibImage, { places, now }: ImageWorld): DibStep {
  const place = places.stateOf(image);
  if (place === "silent") {
    return wait("build", `${hostOf(image)}, which builds it, does not answer`);
  }
  if (places.isAt(image)) return act({ type: "build-image", dibImage: image });
  const failed = { type: "failed", evidence: null } as const;
  if (place !== "here") {
    return change({ ...failed, comment: `${hostOf(image)} was lost while it was building it` });
  }
  const comment = "nodepool was stopped while it was being built";
  return change({ ...failed, comment, until: now + ORPHANS_END });
}

function planRemoval(image: DibImage, world: ImageWorld): DibStep {
  if (world.isRunning("build-image", image.id)) {
    return wait("delete", "its build is being stopped");
  }
  const reader = world.images.find((other) => reads(other, image, world));
  if (reader !== undefined) {
    return wait("delete", `it is being uploaded to ${reader.provider}`);
  }
  const fault = folderFault(image, world);
  if (fault !== null) return { do: "wait", reason: "delete", message: fault };
  if (world.places.stateOf(image) === "silent") {
    return wait("delete", `${hostOf(image)}, which has its files, does not answer`);
  }
  return awaitRetry(image, { now: world.now, reason: "delete", otherwise: "its build is being stopped" }) ??
    act({ type: "remove-files", dibImage: image });
}

/** Why the folder of this process's build is not in its place; null: it is, or a builder elsewhere has it. */
export function folderFault({ builder, path }: DibImage, { faults }: ImageWorld): string | null {
  return builder === undefined ? faults?.get(buildFolder(path)) ?? null : null;
}

function reads({ id, source }: ProviderImage, { id: dibImageId }: DibImage, world: ImageWorld): boolean {
  return source.type === "upload" && source.dibImageId === dibImageId && world.isRunning("upload-image", id);
}

function remove({ name }: DibImage): DibStep {
  return change({
    type: "delete",
    by: "configuration",
    comment: `the configuration has no diskimage ${name}`,
  });
}
