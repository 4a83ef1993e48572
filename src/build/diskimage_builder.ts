/**
 * The real Builder: diskimage-builder's `disk-image-create`, run once for all formats of an image. A build's files
 * count only when the program has ended well and each of them is there and read through. Only the composition root
 * imports this; everything else sees the port.
 */
import { dirname } from "node:path";
import type { ImageFile } from "../domain/dib_image.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { startDeadline } from "../lib/deadline.ts";
import {
  buildOutOfTime,
  endedBadly,
  fileMissing,
  folderUnusable,
  logUnwritable,
  programMissing,
  tooLittleSpace,
} from "./build_failure.ts";
import { openFile, removeBuild } from "./build_files.ts";
import { BuildLog, trimBuildLogs } from "./build_log.ts";
import type { Builder, BuildJob } from "./builder.ts";
import type { Command, RunningCommand } from "./command.ts";
import { folderProblem, markFolder } from "./folder_marker.ts";
import { hashFile } from "./hash_file.ts";
import { statfs } from "node:fs/promises";

const PROGRAM = "disk-image-create";

export interface DiskimageBuilderOptions {
  readonly command: Command;
  readonly clock?: Clock;
  /** Bytes that may still be written into a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export function createDiskimageBuilder(
  { command, clock = systemClock, freeBytes = freeBytesOf }: DiskimageBuilderOptions,
): Builder {
  return {
    async build(job, { signal }) {
      signal.throwIfAborted();
      await prepareFolder(job, freeBytes);
      await using log = await openLog(job);
      await run(job, { command, clock, log, signal });
      return await collectFiles(job, { log, signal });
    },
    remove: removeBuild,
    hash: (path, format, call) => hashFile(`${path}.${format}`, call),
    folderProblem,
    open: (path, format) => openFile(`${path}.${format}`),
    trimLogs: trimBuildLogs,
  };
}

/** Removes the files of an earlier attempt at the same build, which diskimage-builder would rename. */
async function prepareFolder(
  job: BuildJob,
  freeBytes: (folder: string) => Promise<number>,
): Promise<void> {
  const folder = dirname(job.path);
  let free: number;
  try {
    await Deno.mkdir(folder, { recursive: true });
    await markFolder(folder);
    await removeBuild(job.path);
    free = await freeBytes(folder);
  } catch (cause) {
    throw folderUnusable(job, { folder, cause });
  }
  const wanted = wantedBytes(job.expectedSize);
  if (free < wanted) throw tooLittleSpace(job, { folder, free, wanted });
}

async function openLog(job: BuildJob): Promise<BuildLog> {
  try {
    return await BuildLog.open(job.logFile);
  } catch (cause) {
    throw logUnwritable(job, cause);
  }
}

interface RunDeps {
  readonly command: Command;
  readonly clock: Clock;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
}

/** Runs the program to its end; all that it started has ended with it. */
async function run(job: BuildJob, { command, clock, log, signal }: RunDeps): Promise<void> {
  await using running = await start(job, { command, log });
  using deadline = startDeadline({ clock, timeout: job.timeout, signal });
  deadline.signal.addEventListener("abort", () => running.end(), { once: true });
  for await (const chunk of running.output) await log.write(chunk);
  const code = await running.exitCode;
  signal.throwIfAborted();
  if (deadline.passed) throw buildOutOfTime(job, log.tail());
  if (code !== 0) throw endedBadly(job, { code, tail: log.tail() });
}

async function start(
  job: BuildJob,
  { command, log }: { command: Command; log: BuildLog },
): Promise<RunningCommand> {
  const args = buildArguments(job);
  await log.write(new TextEncoder().encode(`$ ${PROGRAM} ${args.join(" ")}\n`));
  try {
    return await command.start(PROGRAM, { args, environment: job.environment });
  } catch (cause) {
    throw programMissing(job, cause);
  }
}

async function collectFiles(
  job: BuildJob,
  { log, signal }: { log: BuildLog; signal: AbortSignal },
): Promise<readonly ImageFile[]> {
  const files: ImageFile[] = [];
  for (const format of job.formats) {
    const file = `${job.path}.${format}`;
    const problem = (text: string, cause?: unknown) =>
      fileMissing(job, { file, problem: text, tail: log.tail(), cause });
    const hashes = await hashFile(file, { signal }).catch((cause) => {
      signal.throwIfAborted();
      throw problem(cause instanceof Deno.errors.NotFound ? "does not exist" : "cannot be read", cause);
    });
    if (hashes.size === 0) throw problem("is empty");
    files.push({ format, ...hashes });
  }
  return files;
}

/** The arguments of `disk-image-create`. Old clouds read no newer qcow2 than 0.10. */
export function buildArguments({ path, formats, elements }: BuildJob): readonly string[] {
  const qcow2 = formats.includes("qcow2") ? ["--qemu-img-options", "compat=0.10"] : [];
  return ["-x", "-t", formats.join(","), "--no-tmpfs", ...qcow2, "-o", path, ...elements];
}

const GIB = 2 ** 30;

/** Images grow from build to build, and are there twice while they are converted. */
const GROWTH = 1.5;

/** Bytes that must be free for a build, from the size of the last one; 0: not known. */
function wantedBytes(expectedSize: number): number {
  return Math.max(GIB, GROWTH * expectedSize);
}

/** Bytes that this process may still write into a folder. @throws Error where there is no such folder */
async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
