/** One build of a diskimage. */
import { type Builder, BuildError, type BuildJob } from "../../build/builder.ts";
import { buildInputs } from "../../build/build_environment.ts";
import type { Config } from "../../domain/config.ts";
import type { DibImage } from "../../domain/dib_image.ts";
import { waitFor } from "../../lib/in_flight.ts";
import { loggerOf } from "../../lib/logging.ts";
import { type AttemptDeps, evidenceOf } from "../outcome.ts";
import type { DibOutcome } from "./image_outcome.ts";

const log = loggerOf("image", "build");

export async function executeBuildImage(
  job: BuildJob,
  { builder, clock, signal }: AttemptDeps & { readonly builder: Builder },
): Promise<DibOutcome> {
  try {
    const building = () => builder.build(job, { signal });
    return { type: "built", files: await waitFor(`the build, which writes ${job.logFile}`, building) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BuildError && error.kind === "taken") {
      log.warning("{error}", { error: error.message });
      return { type: "taken" };
    }
    const console = error instanceof BuildError ? error.tail : null;
    const kind = error instanceof BuildError ? error.kind : "unknown";
    const evidence = { ...evidenceOf(error, clock.now()), kind, console };
    return { type: "failed", comment: evidence.error, evidence };
  }
}

/** The job of a build; null: the configuration no longer has the image. */
export function buildJob(
  image: DibImage,
  { config, dibImages }: { config: Config; dibImages: Iterable<DibImage> },
): BuildJob | null {
  const diskimage = config.diskimages.find(({ name }) => name === image.name);
  if (diskimage === undefined || image.logFile === null) return null;
  return {
    name: image.name,
    path: image.path,
    formats: image.formats,
    ...buildInputs(diskimage, { config, path: image.path }),
    logFile: image.logFile,
    timeout: diskimage.buildTimeout,
    last: lastBuild(image.name, dibImages),
  };
}

function lastBuild(name: string, dibImages: Iterable<DibImage>): BuildJob["last"] {
  const builds = [...dibImages].flatMap(({ name: of, version, path, state }) =>
    of === name && state.phase === "ready"
      ? { version, path, size: state.files.reduce((sum, { size }) => sum + size, 0) }
      : []
  );
  return builds.toSorted((a, b) => b.version - a.version)[0] ?? null;
}
