/** Why a build came to nothing, in the words that users see: pure. */
import type { Milliseconds } from "../domain/time.ts";
import { SECOND } from "../domain/time.ts";
import { errorChain } from "../lib/error_chain.ts";
import { BuildError, type BuildJob } from "./builder.ts";

export function programMissing(job: BuildJob, cause: unknown): BuildError {
  const hint = "install the Debian packages python3-diskimage-builder and qemu-utils";
  const message = `cannot build ${job.name}: ${errorChain(cause)}; ${hint}, or set PATH in its env-vars`;
  return new BuildError("missing", message, "", { cause });
}

export function folderUnusable(
  job: BuildJob,
  { folder, cause }: { folder: string; cause: unknown },
): BuildError {
  const message = `cannot build ${job.name}: cannot use the directory ${folder}`;
  return new BuildError("files", message, "", { cause });
}

export function logUnwritable(job: BuildJob, cause: unknown): BuildError {
  const message = `cannot build ${job.name}: cannot write its log ${job.logFile}`;
  return new BuildError("log", message, "", { cause });
}

export function tooLittleSpace(
  job: BuildJob,
  { folder, free, wanted }: { folder: string; free: number; wanted: number },
): BuildError {
  const hint = "free some space, or set another images-dir";
  const message = `cannot build ${job.name}: ${folder} has ${gib(free)} free and ${
    gib(wanted)
  } are needed; ${hint}`;
  return new BuildError("disk", message, "");
}

export function buildOutOfTime(job: BuildJob, tail: string): BuildError {
  const time = seconds(job.timeout);
  const message =
    `the build of ${job.name} timed out after ${time} and was stopped; see ${job.logFile}, or raise build-timeout`;
  return new BuildError("timeout", message, tail);
}

/** A full disk is told from other failures by what tools say, wherever it was full: builds also fill TMP_DIR. */
export function endedBadly(job: BuildJob, { code, tail }: { code: number; tail: string }): BuildError {
  const how = code > 128 ? `was killed by signal ${code - 128}` : `failed with exit code ${code}`;
  if (!/no space left on device/i.test(tail)) {
    return new BuildError("exit", `the build of ${job.name} ${how}; see ${job.logFile}`, tail);
  }
  const where = "check images-dir, TMP_DIR (/tmp) and DIB_IMAGE_CACHE (~/.cache/image-create)";
  const message = `the build of ${job.name} ${how}: no space left on device; ${where}; see ${job.logFile}`;
  return new BuildError("disk", message, tail);
}

export function fileMissing(
  job: BuildJob,
  { file, problem, tail, cause }: { file: string; problem: string; tail: string; cause?: unknown },
): BuildError {
  const message = `the build of ${job.name} succeeded, but ${file} ${problem}; see ${job.logFile}`;
  return new BuildError("files", message, tail, cause === undefined ? undefined : { cause });
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

function seconds(time: Milliseconds): string {
  return `${time / SECOND} s`;
}
