/**
 * The real Builder: diskimage-builder's `disk-image-create`, run once for all formats of an image. A build's files
 * count only when the program has ended well and each of them is there and read through. Only the composition root
 * imports this; everything else sees the port.
 */
import { basename, dirname } from "node:path";
import type { ImageFile } from "../domain/dib_image.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { claimBuild, hashFile, openFile, removeBuild, sizeOnDisk } from "./build_files.ts";
import { BuildLog, trimBuildLogs } from "./build_log.ts";
import { type Builder, BuildError, type BuildJob } from "./builder.ts";
import { type RunningCommand, startCommand } from "./start_command.ts";
import { folderProblem, markFolder } from "./folder_marker.ts";
import { statfs } from "node:fs/promises";

const PROGRAM = "disk-image-create";

export interface DiskimageBuilderOptions {
  readonly clock?: Clock;
  /** For a build that is to end; whole seconds. */
  readonly grace?: Milliseconds | undefined;
  /** Bytes that may still be written into a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export function createDiskimageBuilder(
  { grace, clock = systemClock, freeBytes = freeBytesOf }: DiskimageBuilderOptions = {},
): Builder {
  return {
    async build(job, { signal }) {
      signal.throwIfAborted();
      await prepareFolder(job, freeBytes);
      await using log = await BuildLog.open(job.logFile).catch((cause) => {
        throw new BuildError("log", `cannot build ${job.name}: cannot write its log ${job.logFile}`, "", {
          cause,
        });
      });
      await run(job, { grace, clock, log, signal });
      return await collectFiles(job, { log, signal });
    },
    remove: removeBuild,
    hash: (path, format, call) => hashFile(`${path}.${format}`, call),
    folderProblem,
    open: (path, format) => openFile(`${path}.${format}`),
    trimLogs: trimBuildLogs,
  };
}

async function prepareFolder(
  job: BuildJob,
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const folder = dirname(job.path);
  let [isClaimed, free, taken] = [false, 0, 0];
  try {
    await Deno.mkdir(folder, { recursive: true });
    await markFolder(folder);
    isClaimed = await claimBuild(job.path);
    free = await freeBytes(folder);
    taken = job.last && (await sizeOnDisk(job.last.path) || job.last.size) || 0;
  } catch (cause) {
    throw new BuildError("files", `cannot build ${job.name}: cannot use the directory ${folder}`, "", {
      cause,
    });
  }
  if (!isClaimed) {
    const found = `${folder} has files of ${basename(job.path)} already`;
    const hint = "give each pool an images-dir of its own";
    throw new BuildError("taken", `cannot build ${job.name}: ${found}; ${hint}`, "");
  }
  // Images grow from build to build, and are there twice while they are converted.
  const wanted = Math.max(GIB, GROWTH * taken);
  if (free >= wanted) return;
  const room = `${folder} has ${gib(free)} free and ${gib(wanted)} are needed`;
  const hint = "free some space, or set another images-dir";
  throw new BuildError("disk", `cannot build ${job.name}: ${room}; ${hint}`, "");
}

type Grace = Pick<DiskimageBuilderOptions, "grace">;

/** Runs the program to its end; all that it started has ended with it. */
async function run(
  job: BuildJob,
  { grace, clock, log, signal }: Grace & { clock: Clock; log: BuildLog; signal: AbortSignal },
): Promise<void> {
  await using running = await start(job, { grace, log });
  using deadline = startDeadline({ clock, timeout: job.timeout, signal });
  deadline.signal.addEventListener("abort", () => running.end(), { once: true });
  for await (const chunk of running.output) await log.write(chunk);
  const code = await running.exitCode;
  signal.throwIfAborted();
  const tail = log.tail();
  if (deadline.passed) {
    const how = `timed out after ${job.timeout / SECOND} s and was stopped`;
    const message = `the build of ${job.name} ${how}; see ${job.logFile}, or raise build-timeout`;
    throw new BuildError("timeout", message, tail);
  }
  if (code !== 0) throw endedBadly(job, { code, tail });
}

async function start(job: BuildJob, { grace, log }: Grace & { log: BuildLog }): Promise<RunningCommand> {
  const args = buildArguments(job);
  await log.write(new TextEncoder().encode(`$ ${PROGRAM} ${args.join(" ")}\n`));
  try {
    return await startCommand(PROGRAM, { args, environment: job.environment, grace });
  } catch (cause) {
    const hint = "install the Debian packages python3-diskimage-builder and qemu-utils";
    const message = `cannot build ${job.name}: ${errorChain(cause)}; ${hint}, or set PATH in its env-vars`;
    throw new BuildError("missing", message, "", { cause });
  }
}

/** A full disk is told from other failures by what tools say, wherever it was full: builds also fill TMP_DIR. */
function endedBadly(job: BuildJob, { code, tail }: { code: number; tail: string }): BuildError {
  const how = code > 128 ? `was killed by signal ${code - 128}` : `failed with exit code ${code}`;
  if (!/no space left on device/i.test(tail)) {
    return new BuildError("exit", `the build of ${job.name} ${how}; see ${job.logFile}`, tail);
  }
  const where = "check images-dir, TMP_DIR (/tmp) and DIB_IMAGE_CACHE (~/.cache/image-create)";
  const message = `the build of ${job.name} ${how}: no space left on device; ${where}; see ${job.logFile}`;
  return new BuildError("disk", message, tail);
}

async function collectFiles(
  job: BuildJob,
  { log, signal }: { log: BuildLog; signal: AbortSignal },
): Promise<readonly ImageFile[]> {
  const files: ImageFile[] = [];
  for (const format of job.formats) {
    const file = `${job.path}.${format}`;
    const problem = (text: string, cause?: unknown) => {
      const message = `the build of ${job.name} succeeded, but ${file} ${text}; see ${job.logFile}`;
      return new BuildError("files", message, log.tail(), cause === undefined ? undefined : { cause });
    };
    const hashes = await hashFile(file, { signal }).catch((cause) => {
      signal.throwIfAborted();
      throw problem(cause instanceof Deno.errors.NotFound ? "does not exist" : "cannot be read", cause);
    });
    if (hashes.size === 0) throw problem("is empty");
    files.push({ format, ...hashes });
  }
  return files;
}

/** Formats that qemu-img either does not make, or has that option for. */
const WITH_COMPAT: ReadonlySet<string> = new Set(["qcow2", "raw", "vhd"]);

/**
 * The arguments of `disk-image-create`. Old clouds read no newer qcow2 than 0.10. The option would go for all formats, and
 * qemu-img fails for those that lack it.
 */
export function buildArguments({ path, formats, elements }: BuildJob): readonly string[] {
  const isOld = formats.includes("qcow2") && formats.every((format) => WITH_COMPAT.has(format));
  const qcow2 = isOld ? ["--qemu-img-options", "compat=0.10"] : [];
  return ["-x", "-t", formats.join(","), "--no-tmpfs", ...qcow2, "-o", path, ...elements];
}

const GIB = 2 ** 30;
const GROWTH = 1.5;

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

/** Bytes that this process may still write into a folder. @throws Error where there is no such folder */
async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
