/** One attempt at making an image on a cloud, one at sending its data, and one at deleting it. */
import type { Builder } from "../../build/builder.ts";
import type { Cloud, ImageRequest } from "../../cloud/cloud.ts";
import type { ProviderImageConfig } from "../../domain/config.ts";
import { imageProperties } from "../../domain/image_marks.ts";
import type { Lineage } from "../../domain/lineage.ts";
import { buildFolder } from "../../domain/build_path.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { type Deletions, isStale } from "../deletions.ts";
import { waitFor } from "../../lib/in_flight.ts";
import type { UploadWork } from "./build_site.ts";
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

/** The file of a build is not as it was built. */
class DamagedFileError extends Error {}

/** The file of a build, and the image on the cloud that it is the data of. */
type Upload = Pick<UploadWork, "format" | "externalId" | "doubted"> & { readonly path: string };

export async function executeUploadImage(upload: Upload, deps: UploadDeps): Promise<ImageOutcome> {
  const { path, format, externalId } = upload;
  const { cloud, clock, signal, builder, onProgress } = deps;
  try {
    await findDamage(upload, deps);
    const { size, open } = await builder.open(path, format);
    const data = { size, open, onProgress: (sent: number) => onProgress({ sent, total: size }) };
    await cloud.uploadImage(externalId, data, { signal });
    return { type: "uploaded" };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DamagedFileError) {
      return { ...imageFailure(error, clock.now(), { kind: DAMAGED }), atFault: "build" };
    }
    if (!(error instanceof Deno.errors.NotFound)) return imageFailure(error, clock.now());
    const problem = await builder.folderProblem(buildFolder(path), [`${path}.${format}`]);
    if (problem !== null) return imageFailure(new Error(problem), clock.now());
    return { ...imageFailure(error, clock.now(), { kind: "file" }), atFault: "build" };
  }
}

/** The kind of evidence that a file has changed since it was built. */
export const DAMAGED = "damaged";

/** @throws DamagedFileError; Deno.errors.*; the signal's reason on abort */
async function findDamage({ path, format, doubted }: Upload, { builder, signal }: UploadDeps): Promise<void> {
  if (doubted === undefined) return;
  const found = await waitFor(`a look at ${path}.${format}`, () => builder.hash(path, format, { signal }));
  const isSame = found.size === doubted.size && found.sha512 === doubted.sha512;
  if (!isSame) throw new DamagedFileError(`${path}.${format} has changed since it was built`);
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
