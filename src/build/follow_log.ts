/** A log that is still being written, as a stream: from its beginning, and on until its writer has ended. */
import type { Clock } from "../lib/clock.ts";
import { readChunk } from "./build_files.ts";

interface FollowLogOptions {
  /** Whether nothing more will be written. */
  readonly isOver: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Between two looks at a log that has nothing new. */
const LOOK = 200;

/** One that is not there yet is waited for, as long as it may come. Ends with the signal's reason on abort. */
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
      file ??= await openIfThere(path);
      const chunk = file && await readChunk(file);
      if (chunk !== null) yield chunk;
      else if (over) return;
      else await clock.sleep(LOOK, { signal });
    }
  } finally {
    file?.close();
  }
}

async function openIfThere(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
