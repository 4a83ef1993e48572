/** One attempt at sending the data of an image to its cloud. */
import type { Builder } from "../../build/builder.ts";
import type { Cloud } from "../../cloud/cloud.ts";
import { buildFolder } from "../../domain/build_path.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { type AttemptDeps, evidenceOf } from "../outcome.ts";
import type { UploadWork } from "./build_site.ts";
import { imageFailure, type ImageOutcome } from "./image_outcome.ts";

interface UploadDeps extends AttemptDeps, Pick<UploadWork, "onProgress"> {
  readonly cloud: Cloud;
  readonly builder: Builder;
}

/** The kind of evidence that a file has changed since it was built. */
export const DAMAGED = "damaged";

/** @param upload the file of a build, and the image on the cloud that it is the data of */
export async function executeUploadImage(
  { path, format, externalId, doubted }:
    & Pick<UploadWork, "format" | "externalId" | "doubted">
    & { readonly path: string },
  { cloud, clock, signal, builder, onProgress }: UploadDeps,
): Promise<ImageOutcome> {
  const file = `${path}.${format}`;
  let isSent = false;
  try {
    if (doubted !== undefined) {
      const found = await waitFor(`a look at ${file}`, () => builder.hash(path, format, { signal }));
      if (found.size !== doubted.size || found.sha512 !== doubted.sha512) {
        const error = new Error(`${file} has changed since it was built`);
        return { ...imageFailure(error, clock.now(), { kind: DAMAGED }), atFault: "build" };
      }
    }
    const { size, open } = await builder.open(path, format);
    const note = (sent: number) => {
      isSent = sent === size;
      onProgress({ sent, total: size });
    };
    const data = { size, open, onProgress: note };
    await cloud.uploadImage(externalId, data, { signal });
    return { type: "uploaded" };
  } catch (error) {
    signal.throwIfAborted();
    // A proxy may time out on a slow store: the cloud's next answer shows whether the upload succeeded.
    const isLost = isSent && error instanceof CloudError && error.effect === "unknown";
    if (isLost) return { type: "uploaded", evidence: evidenceOf(error, clock.now()) };
    if (!(error instanceof Deno.errors.NotFound)) return imageFailure(error, clock.now());
    const problem = await builder.folderProblem(buildFolder(path), [file]);
    if (problem !== null) return imageFailure(new Error(problem), clock.now());
    return { ...imageFailure(error, clock.now(), { kind: "file" }), atFault: "build" };
  }
}
