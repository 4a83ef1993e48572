/**
 * The phases of an upload until its data is complete, and what all images share: what happens to a request without
 * an answer, and why the cloud is not asked now.
 */
import { hostOf } from "../../../domain/build_places.ts";
import { markedImageId } from "../../../domain/image_marks.ts";
import type { Evidence } from "../../../domain/node.ts";
import { externalIdOf } from "../../../domain/provider_image.ts";
import type { CloudImage } from "../../../domain/server.ts";
import { LISTING_SETTLE } from "../../node_step.ts";
import { act, awaitRetry, change, wait } from "../../follow_ladder.ts";
import { describeImageAction, type ProviderImageAction } from "../image_action.ts";
import type { ImageSituation, ImageStep, ImageWorld } from "../image_step.ts";
import { folderFault } from "../plan_dib_image.ts";

/** The image is still to be made on the cloud, or was asked for without an answer. */
export function planImageCreate({ image, state, world, seen }: ImageSituation<"create">): ImageStep {
  const action = { type: "create-image", image } as const;
  const going = underWay(action, world);
  if (going !== null) return going;
  const gone = whyBuildIsGone({ image, world });
  if (gone !== null) return change({ type: "delete", by: "owner", comment: gone });
  if (state.sentAt !== null) return planLost({ image, state, world, seen }, state.lostAt);
  if (!world.building) return wait("worker", "this daemon uploads no images (--no-builder)");
  return whyNotSent({ image, world }) ?? whyNotNow({ image, world, seen }) ?? act(action);
}

/** It waits for its data, or gets it at this moment. */
export function planUpload({ image, state, world, seen }: ImageSituation<"upload">): ImageStep {
  if (world.isRunning("upload-image", image.id)) return wait("upload", "its data is being sent");
  const gone = whyBuildIsGone({ image, world });
  if (gone !== null) return change({ type: "delete", by: "owner", comment: gone });
  // An interrupted upload cannot be resumed.
  if (state.startedAt !== null) {
    const comment = "nodepool was stopped while its data was sent";
    return change({ type: "failed", comment, evidence: null });
  }
  const dibImage = buildOf({ image, world });
  if (dibImage === undefined) {
    return change({ type: "delete", by: "owner", comment: "there is nothing to send" });
  }
  return whyNotSent({ image, world }) ?? whyNotNow({ image, world, seen }) ??
    act({ type: "upload-image", image, externalId: state.externalId, dibImage });
}

/** After a request without an answer: an image with our marks exists, does not exist, or it is not known yet. */
export function planLost(
  { image, world, seen }: Pick<ImageSituation<"create" | "snapshot">, "image" | "state" | "world" | "seen">,
  lostAt: number | null,
): ImageStep {
  const found = findMarked({ image, world, seen });
  if (found !== null) return change({ type: "accepted", externalId: found.id });
  if (lostAt === null) return change({ type: "answer-lost" });
  if (!imageWouldBeListed(seen, lostAt)) {
    return wait("listing", "the response was lost; the next listing shows whether there is an image");
  }
  const said = image.evidence === null ? "" : `: ${image.evidence.error}`;
  const waitingOn = { reason: "retry", message: `the request had no effect${said}` } as const;
  return change({ type: "refused", until: world.now, waitingOn });
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

/** The step while the action is carried out; null: it is not. */
export function underWay(action: ProviderImageAction, world: ImageWorld): ImageStep | null {
  const { reason, message } = describeImageAction(action);
  return world.isRunning(action.type, action.image.id) ? wait(reason, message) : null;
}

/** Why nothing is asked of the cloud at this moment; null: it can be asked. */
export function whyNotNow(
  { image, world, seen }: Pick<ImageSituation, "image" | "world" | "seen">,
): ImageStep | null {
  if (!world.accepting) return wait("worker", "the daemon is stopping");
  return whyNotReached({ image, world, seen }, "retry");
}

/** Why the cloud is not asked now, to make or to delete; null: it can be. `next`: the reason of an attempt to come. */
export function whyNotReached(
  { image, world, seen }: Pick<ImageSituation, "image" | "world" | "seen">,
  next: "retry" | "delete",
): ImageStep | null {
  const unseen = seen.troubles.get("images");
  if (unseen !== undefined) {
    const message = `the images of ${image.provider} cannot be listed: ${unseen.message}`;
    return wait("provider", message);
  }
  return awaitRetry(image, { now: world.now, reason: image.waitingOn?.reason ?? next });
}

/** Why an upload has nothing to send any more; null: its build is there. */
function whyBuildIsGone(
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
function whyNotSent({ image, world }: Pick<ImageSituation, "image" | "world">): ImageStep | null {
  const build = buildOf({ image, world });
  if (build === undefined) return null;
  const fault = folderFault(build, world);
  if (fault !== null) return wait("worker", fault);
  if (world.places.stateOf(build) === "here") return null;
  const message = `${hostOf(build)}, which has the files of dib image ${build.id}, does not answer`;
  return wait("worker", message);
}

/** The build that is sent; undefined: it is no upload, or it is gone. */
export function buildOf({ image: { source }, world }: Pick<ImageSituation, "image" | "world">) {
  return source.type === "upload" ? world.dibImages.get(source.dibImageId) : undefined;
}

/** @param evidence what is known besides the error */
export function failedImage(
  error: string,
  evidence: { kind: string; at: number } & Partial<Evidence>,
): ImageStep {
  const none = { requestId: null, fault: null, console: null };
  return change({ type: "failed", comment: error, evidence: { ...none, ...evidence, error } });
}
