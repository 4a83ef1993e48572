/** One attempt at making an image on a cloud, one at sending its data, and one at deleting it. */
import type { Builder } from "../../build/builder.ts";
import type { Cloud, ImageRequest } from "../../cloud/cloud.ts";
import type { ProviderImageConfig } from "../../domain/config.ts";
import { imageProperties } from "../../domain/image_marks.ts";
import type { Lineage } from "../../domain/lineage.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { type Deletions, isStale } from "../deletions.ts";
import type { AttemptDeps } from "../outcome.ts";
import { imageFailure, type ImageOutcome, imagePostponed, refusalOutcome } from "./image_outcome.ts";

export async function executeCreateImage(
  image: ProviderImage,
  { request, cloud, clock, signal }: AttemptDeps & { cloud: Cloud; request: ImageRequest },
): Promise<ImageOutcome> {
  try {
    const { id } = await cloud.createImage(request, { signal });
    return { type: "accepted", externalId: id };
  } catch (error) {
    if (signal.aborted) return { type: "answer-lost" };
    return refusalOutcome(error, { attempt: image.attempt, now: clock.now() });
  }
}

/** The request to the cloud for an upload. */
export function imageRequest(image: ProviderImage, marking: Marking): ImageRequest {
  return {
    name: image.hostname,
    diskFormat: image.source.type === "upload" ? image.source.format : "qcow2",
    properties: markedProperties(image, marking),
  };
}

/** Properties of an image of ours, uploaded or snapshotted. */
export function markedProperties(
  { id, provider, hostname }: ProviderImage,
  { use, installation, lineage }: Marking,
): Record<string, string> {
  const run = lineage.runOf("image", id);
  return imageProperties({ installation, provider, imageId: id, run, name: hostname }, use.meta);
}

/** The sources of an image's properties besides its record. */
interface Marking {
  readonly use: ProviderImageConfig;
  readonly installation: string;
  readonly lineage: Lineage;
}

interface UploadDeps extends AttemptDeps {
  readonly cloud: Cloud;
  readonly builder: Builder;
  /** Told as data goes out. */
  readonly onProgress: (progress: { sent: number; total: number }) => void;
}

/** @param upload the file of a build, and the image on the cloud that it is the data of */
export async function executeUploadImage(
  { path, format, externalId }: { path: string; format: string; externalId: string },
  { cloud, clock, signal, builder, onProgress }: UploadDeps,
): Promise<ImageOutcome> {
  try {
    const { size, open } = await builder.open(path, format);
    const data = { size, open, onProgress: (sent: number) => onProgress({ sent, total: size }) };
    await cloud.uploadImage(externalId, data, { signal });
    return { type: "uploaded" };
  } catch (error) {
    signal.throwIfAborted();
    const failed = imageFailure(error, clock.now(), isFileGone(error) ? { kind: "file" } : {});
    return isFileGone(error) ? { ...failed, atFault: "build" } : failed;
  }
}

function isFileGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}

/** Whether it is gone is for a listing to say; one that is in use is asked for again later. */
export async function executeDeleteImage(
  image: ProviderImage,
  { externalId, deletions, clock, signal }: AttemptDeps & { externalId: string; deletions: Deletions },
): Promise<ImageOutcome | null> {
  const order = {
    kind: "image",
    id: externalId,
    name: image.hostname,
    of: { type: "image", image },
  } as const;
  try {
    await deletions.carryOut(order, { signal });
    return { type: "delete-accepted" };
  } catch (error) {
    if (isStale(error)) return null;
    return imagePostponed(error, { image, clock, signal, reason: "delete" });
  }
}
