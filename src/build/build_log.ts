/**
 * Logs of builds. One keeps the output as it comes, up to a limit; of the rest only the last lines are kept, added
 * at the end. Memory is bounded however much is written. A full disk ends the log, not the build.
 */
import { basename, dirname } from "node:path";
import { buildLogFile } from "../domain/build_path.ts";
import { errorChain } from "../lib/error_chain.ts";
import { ifThere } from "../lib/if_there.ts";
import { loggerOf } from "../lib/logging.ts";
import { OutputTail } from "../lib/output_tail.ts";
import type { Clock } from "../lib/clock.ts";
import { fileNamesIn, readChunk } from "./build_files.ts";

const log = loggerOf("image", "build");

const MIB = 1024 * 1024;
const LIMIT = 100 * MIB;
/** Enough to see why a build failed. */
const TAIL_LINES = 50;
/** A line of the shell's trace (`-x`), with the time that diskimage-builder puts before it. */
const TRACE = /^(\S+ \S+ \| )?\++ /;

export class BuildLog implements AsyncDisposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #tail = new OutputTail();
  /** The end of the last write. */
  #written: Promise<void> = Promise.resolve();
  #room = LIMIT;
  #leftOut = 0;
  #broken = false;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /** Begins a log; its folder is made where it is missing. @throws Deno.errors.* */
  static async open(path: string): Promise<BuildLog> {
    await Deno.mkdir(dirname(path), { recursive: true });
    const file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o640 });
    try {
      // Whatever the umask is. What is no file, such as /dev/null, is not ours to change.
      if ((await file.stat()).isFile) await Deno.chmod(path, 0o640);
      return new BuildLog(path, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Writes in the order of its calls. */
  write(chunk: Uint8Array): Promise<void> {
    return this.#written = this.#written.then(() => this.#write(chunk));
  }

  async #write(chunk: Uint8Array): Promise<void> {
    this.#tail.add(chunk);
    const kept = chunk.subarray(0, this.#room);
    const isFull = kept.length < chunk.length && this.#leftOut === 0;
    this.#room -= kept.length;
    this.#leftOut += chunk.length - kept.length;
    if (kept.length > 0) await this.#put(kept);
    if (isFull) {
      await this.#note(`the log has reached ${LIMIT / MIB} MiB; only its last lines follow`);
    }
  }

  /**
   * The last lines of what was written, within 64 KiB. The trace is left out: that of the tidying up after a failure
   * is longer than the tail.
   */
  tail(): string {
    const lines = this.#tail.text().trimEnd().split("\n");
    return lines.filter((line) => !TRACE.test(line)).slice(-TAIL_LINES).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#written;
    if (this.#leftOut > 0) {
      await this.#note(`${(this.#leftOut / MIB).toFixed(1)} MiB left out; their last lines:`);
      await this.#put(new TextEncoder().encode(`${this.tail()}\n`));
    }
    this.#file.close();
  }

  #note(text: string): Promise<void> {
    return this.#put(new TextEncoder().encode(`\n[nodepool: ${text}]\n`));
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (this.#broken) return;
    try {
      for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
    } catch (error) {
      this.#broken = true;
      log.warning("{path} is incomplete: cannot write to it any more: {error}", {
        path: this.#path,
        error: errorChain(error),
      });
    }
  }
}

/** Removes all but the newest logs of a diskimage. One that cannot be removed is left, and hinders nothing. */
export async function trimBuildLogs(
  folder: string,
  { name, keep }: { name: string; keep: number },
): Promise<void> {
  const files = await orLeave(folder, fileNamesIn(folder)) ?? [];
  const versions = files.flatMap((file) => versionOf(file, name) ?? []);
  for (const version of versions.sort((a, b) => b - a).slice(keep)) {
    const path = buildLogFile(folder, { name, version });
    await orLeave(path, ifThere(Deno.remove(path)));
  }
}

async function orLeave<Result>(path: string, asked: Promise<Result>): Promise<Result | null> {
  return await asked.catch((error) => {
    log.warning("cannot remove old logs: {path}: {error}", { path, error: errorChain(error) });
    return null;
  });
}

function versionOf(file: string, name: string): number | null {
  const version = Number(file.match(/-([1-9]\d*)\.log$/)?.[1] ?? 0);
  return version > 0 && file === basename(buildLogFile("", { name, version })) ? version : null;
}

interface FollowLogOptions {
  /** Whether nothing more will be written. */
  readonly isOver: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Between two looks at a log that has nothing new. */
const LOOK = 200;

/**
 * A log that is still being written, from its beginning, and on until its writer has ended. One that is not there yet is
 * waited for, as long as it may come. Ends with the signal's reason on abort.
 */
export function followLog(path: string, options: FollowLogOptions): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunksOf(path, options));
}

async function* chunksOf(
  path: string,
  { isOver, clock, signal }: FollowLogOptions,
): AsyncIterable<Uint8Array> {
  let file: Deno.FsFile | null = null;
  try {
    for (;;) {
      signal.throwIfAborted();
      // Asked before it is read: what was written before the end is read after it.
      const over = isOver();
      file ??= await ifThere(Deno.open(path));
      const chunk = file && await readChunk(file);
      if (chunk !== null) yield chunk;
      else if (over) return;
      else await clock.sleep(LOOK, { signal });
    }
  } finally {
    file?.close();
  }
}
