/** A Builder in memory: builds take virtual time and make files that are only told of; it can be made to fail. */
import { createHash } from "node:crypto";
import { type Builder, BuildError, type BuildJob } from "../../src/build/builder.ts";
import type { ImageFile } from "../../src/domain/dib_image.ts";
import type { Clock } from "../../src/lib/clock.ts";

export interface ScriptedBuild {
  /** Milliseconds that it takes. */
  readonly time?: number;
  /** What it fails with, when its time is over. */
  readonly failure?: BuildError;
}

export class ScriptedBuilder implements Builder {
  /** The files that there are, by path without format. */
  readonly files = new Map<string, Map<string, Uint8Array>>();
  readonly jobs: BuildJob[] = [];
  /** Whether the disk with its files is there; another, empty one is seen otherwise. */
  isMounted = true;
  /** Whether the disk has the marker of builds. */
  isMarked = false;
  /** Paths of builds under way. */
  readonly building = new Set<string>();
  readonly #clock: Pick<Clock, "sleep">;
  readonly #script: (job: BuildJob) => ScriptedBuild;

  constructor(
    { clock, script = () => ({}) }: {
      clock: Pick<Clock, "sleep">;
      script?: (job: BuildJob) => ScriptedBuild;
    },
  ) {
    this.#clock = clock;
    this.#script = script;
  }

  async build(job: BuildJob, { signal }: { signal: AbortSignal }): Promise<readonly ImageFile[]> {
    this.jobs.push(job);
    const { time = 0, failure } = this.#script(job);
    this.building.add(job.path);
    this.isMarked = true;
    try {
      // Half-made files are there from the beginning.
      this.files.set(job.path, new Map(job.formats.map((format) => [format, new Uint8Array(1)])));
      if (time > 0) await this.#clock.sleep(time, { signal });
      if (failure !== undefined) throw failure;
      return await Promise.all(job.formats.map((format) => this.#finish(job, format)));
    } finally {
      this.building.delete(job.path);
    }
  }

  remove(path: string): Promise<void> {
    if (this.isMounted) this.files.delete(path);
    return Promise.resolve();
  }

  open(path: string, format: string) {
    const bytes = this.isMounted ? this.files.get(path)?.get(format) : undefined;
    if (bytes === undefined) return Promise.reject(new Deno.errors.NotFound(`${path}.${format}`));
    return Promise.resolve({ size: bytes.length, open: () => ReadableStream.from([bytes.slice()]) });
  }

  hash(path: string, format: string): Promise<Omit<ImageFile, "format">> {
    const bytes = this.files.get(path)!.get(format)!;
    const hashOf = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
    return Promise.resolve({ size: bytes.length, md5: hashOf("md5"), sha512: hashOf("sha512") });
  }

  folderProblem(folder: string, files: readonly string[]): Promise<string | null> {
    const isRight = files.length === 0 || this.isMounted && this.isMarked;
    return Promise.resolve(isRight ? null : `images-dir ${folder} lacks the images built there`);
  }

  trimLogs(): Promise<void> {
    return Promise.resolve();
  }

  async #finish({ path }: BuildJob, format: string): Promise<ImageFile> {
    this.files.get(path)!.set(format, new TextEncoder().encode(`${path}.${format}`));
    return { format, ...await this.hash(path, format) };
  }
}
