/** An upload whose image is still to be made on the cloud, or was asked for without an answer. */
import { hostOf } from "../../../domain/build_places.ts";
import { markedImageId } from "../../../domain/image_marks.ts";
import { externalIdOf } from "../../../domain/provider_image.ts";
import type { CloudImage } from "../../../domain/server.ts";
import { awaitRetry } from "../../await_retry.ts";
import { LISTING_SETTLE } from "../../node_step.ts";
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { folderFault } from "../plan_dib_image.ts";

export function planImageCreate({ image, state, world, seen }: ImageSituation<"create">): ImageStep {
  if (world.isRunning("create-image", image.id)) {
    return { do: "wait", reason: "answer", message: `asking ${image.provider} for the image` };
  }
  const gone = whyBuildIsGone({ image, world });
  if (gone !== null) return { do: "change", event: { type: "delete", by: "owner", comment: gone } };
  if (state.sentAt !== null) return planLost({ image, state, world, seen }, state.lostAt);
  if (!world.building) {
    return { do: "wait", reason: "worker", message: "this daemon uploads no images (--no-builder)" };
  }
  return whyNotSent({ image, world }) ?? whyNotNow({ image, world, seen }) ??
    { do: "act", action: { type: "create-image", image } };
}

/** After a request without an answer: an image with our marks exists, does not exist, or it is not known yet. */
export function planLost(
  { image, world, seen }: Pick<ImageSituation<"create" | "snapshot">, "image" | "state" | "world" | "seen">,
  lostAt: number | null,
): ImageStep {
  const found = findMarked({ image, world, seen });
  if (found !== null) return { do: "change", event: { type: "accepted", externalId: found.id } };
  if (lostAt === null) return { do: "change", event: { type: "answer-lost" } };
  if (!imageWouldBeListed(seen, lostAt)) {
    return {
      do: "wait",
      reason: "listing",
      message: "the response was lost; the next listing shows whether there is an image",
    };
  }
  const said = image.evidence === null ? "" : `: ${image.evidence.error}`;
  const waitingOn = { reason: "retry", message: `the request had no effect${said}` } as const;
  return { do: "change", event: { type: "refused", until: world.now, waitingOn } };
}

/** Whether the image of a request whose answer got lost at that time would have been listed by now. */
export function imageWouldBeListed(seen: ImageSituation["seen"], lostAt: number): boolean {
  return seen.missing === null && (seen.images?.takenAt ?? -Infinity) >= lostAt + LISTING_SETTLE;
}

/** The image on the cloud that carries the record's marks, and that no other record names; null: none was seen. */
export function findMarked(
  { image, world, seen }: Pick<ImageSituation, "image" | "world" | "seen">,
): CloudImage | null {
  const { installation, lineage } = seen.inventory;
  return seen.images?.value.find((candidate) =>
    candidate.name === image.hostname &&
    markedImageId(candidate, { installation, provider: image.provider, lineage }) === image.id &&
    !world.images.some((other) => other.id !== image.id && externalIdOf(other) === candidate.id)
  ) ?? null;
}

/** Why nothing is asked of the cloud at this moment; null: it can be asked. */
export function whyNotNow(
  { image, world, seen }: Pick<ImageSituation, "image" | "world" | "seen">,
): ImageStep | null {
  if (!world.accepting) return { do: "wait", reason: "worker", message: "the daemon is stopping" };
  return whyNotReached({ image, world, seen }, "retry");
}

/** Why the cloud is not asked now, be it for more or for less; null: it can be. `next`: the reason of an attempt to come. */
export function whyNotReached(
  { image, world, seen }: Pick<ImageSituation, "image" | "world" | "seen">,
  next: "retry" | "delete",
): ImageStep | null {
  const unseen = seen.troubles.get("images");
  if (unseen !== undefined) {
    const message = `the images of ${image.provider} cannot be listed: ${unseen.message}`;
    return { do: "wait", reason: "provider", message };
  }
  return awaitRetry(image, { now: world.now, reason: image.waitingOn?.reason ?? next });
}

/** Why an upload has nothing to send any more; null: its build is there. */
export function whyBuildIsGone(
  { image, world }: Pick<ImageSituation, "image" | "world">,
): string | null {
  if (image.source.type !== "upload") return null;
  const { dibImageId } = image.source;
  const build = world.dibImages.get(dibImageId);
  if (build?.state.phase !== "ready") return `its dib image ${dibImageId} is deleted`;
  return world.places.stateOf(build) === "gone"
    ? `${hostOf(build)}, which has the files of dib image ${dibImageId}, is gone`
    : null;
}

/** Why nobody can send its data now; null: it can be sent. */
export function whyNotSent({ image, world }: Pick<ImageSituation, "image" | "world">): ImageStep | null {
  const build = image.source.type === "upload" ? world.dibImages.get(image.source.dibImageId) : undefined;
  if (build === undefined) return null;
  const fault = folderFault(build, world);
  if (fault !== null) return { do: "wait", reason: "worker", message: fault };
  if (world.places.stateOf(build) === "here") return null;
  const message = `${hostOf(build)}, which has the files of dib image ${build.id}, does not answer`;
  return { do: "wait", reason: "worker", message };
}
