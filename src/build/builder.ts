/** Building disk images: the port. `diskimage_builder.ts` is the real one. */
import type { ImageFile } from "../domain/dib_image.ts";
import type { Milliseconds } from "../domain/time.ts";
import type { Call } from "../lib/call.ts";

/** One build of one diskimage, in all its formats. */
export interface BuildJob {
  /** The diskimage's name. */
  readonly name: string;
  /** The path of its files without the format (`buildPath`); its folder is made where it is missing. */
  readonly path: string;
  readonly formats: readonly string[];
  readonly elements: readonly string[];
  /** Added to the daemon's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where both outputs of the build go (`buildLogFile`); its folder is made where it is missing. */
  readonly logFile: string;
  /** A build that takes longer is ended and has failed. */
  readonly timeout: Milliseconds;
  /**
   * The last build of this diskimage, maybe on another machine, and the bytes of all its formats; null: not known. The disk
   * must have room for more.
   */
  readonly last: { readonly path: string; readonly size: number } | null;
}

/** A build that came to nothing. The message says what was attempted, what was wrong and what to look at. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  constructor(
    /** `taken`: there were files of a build of that name, which are not touched. */
    readonly kind: "missing" | "exit" | "timeout" | "disk" | "files" | "log" | "taken",
    message: string,
    /** The last lines of its output. */
    readonly tail: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface Builder {
  /**
   * Builds once; the files are there, whole and hashed, when it resolves. Whatever it had begun is ended (its whole
   * process group) before it settles, also on abort; half-made files are left to `remove`.
   * @throws BuildError; the signal's reason on abort
   */
  build(job: BuildJob, options: { signal: AbortSignal }): Promise<readonly ImageFile[]>;
  /** Removes all files of a build: every format, the manifest folder, whatever is half-made. None is fine. */
  remove(path: string): Promise<void>;
  /** Reads a file of a build from its beginning. @throws Deno.errors.NotFound and others */
  open(path: string, format: string): Promise<{ size: number; open(): ReadableStream<Uint8Array> }>;
  /** Reads a file of a build through. @throws Deno.errors.*; the signal's reason on abort */
  hash(path: string, format: string, call: Call): Promise<Omit<ImageFile, "format">>;
  /**
   * Why the folder is not the one that these files were made in, for people (its disk is not mounted); null: it is.
   * @param files of builds, none of which was removed
   */
  folderProblem(folder: string, files: readonly string[]): Promise<string | null>;
  /** Removes all but the newest `keep` logs of a diskimage from the log folder: files `NAME-VERSION.log`. Does not throw. */
  trimLogs(folder: string, options: { name: string; keep: number }): Promise<void>;
}
