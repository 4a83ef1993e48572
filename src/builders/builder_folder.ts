/**
 * The folder that a builder keeps its images in. A file in it, `.nodepool-builder.json`, names the builder and the builds
 * it has begun there, so that a restarted builder is the same one, and removes no file that it did not make. One process
 * has it at a time. The member of a builder opens it.
 */
import { basename, dirname, join } from "node:path";
import { buildsIn } from "../build/build_files.ts";
import {
  BuilderFolderError,
  type FolderContent,
  makeMarker,
  MARKER,
  readMarker,
  writeMarker,
} from "../build/folder_marker.ts";
import { isFolder } from "../lib/is_folder.ts";
import type { Random } from "../lib/random.ts";

export class BuilderFolder implements Disposable {
  readonly path: string;
  /** The number of the device that it is on. */
  readonly disk: number;
  readonly #lock: Deno.FsFile;
  #content: FolderContent;
  /** The end of the last change. */
  #changed: Promise<unknown> = Promise.resolve();

  /** Makes it where it is missing. @throws BuilderFolderError */
  static async open(path: string, { random }: { random: Pick<Random, "uuid"> }): Promise<BuilderFolder> {
    let lock: Deno.FsFile;
    try {
      await Deno.mkdir(path, { recursive: true });
      lock = await Deno.open(lockOf(path), { write: true, create: true, mode: 0o600 });
    } catch (cause) {
      throw new BuilderFolderError(`cannot keep images in ${path}`, { cause });
    }
    try {
      if (!await lock.tryLock(true)) {
        throw new BuilderFolderError(
          `another builder keeps its images in ${path}: stop it, or give each builder an images-dir of its own`,
        );
      }
      return new BuilderFolder(path, {
        lock,
        content: await readMarker(path) ?? await makeMarker(path, { random }),
      });
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  private constructor(path: string, { lock, content }: { lock: Deno.FsFile; content: FolderContent }) {
    this.path = path;
    this.disk = lock.statSync().dev;
    this.#lock = lock;
    this.#content = content;
  }

  get content(): FolderContent {
    return this.#content;
  }

  /** For people, why it cannot be used now; null: it is in its place. Once another is there, open that one. */
  async problem(): Promise<string | null> {
    const found = await Deno.stat(lockOf(this.path)).catch(() => null);
    const own = await this.#lock.stat();
    if (found !== null && found.dev === own.dev && found.ino === own.ino) return null;
    return await isFolder(this.path)
      ? `the folder ${this.path} was replaced`
      : `the folder ${this.path} is gone: make it again, or mount what it is on`;
  }

  /** Builds of which there are files here that were not begun here. @throws Deno.errors.* */
  async found(): Promise<readonly string[]> {
    const others = (await buildsIn(this.path)).filter((build) => !this.#content.builds.includes(build));
    return others.slice(0, MOST_FOUND);
  }

  /** Notes, before a build makes its first file, that it is made here. @throws BuilderFolderError */
  async begin(path: string): Promise<void> {
    const build = basename(path);
    if (join(dirname(path)) !== join(this.path)) {
      throw new BuilderFolderError(
        `cannot build in ${dirname(path)}: this builder's images-dir is ${this.path}`,
      );
    }
    // The disk below would take both the note and the build.
    const problem = await this.problem();
    if (problem !== null) throw new BuilderFolderError(problem);
    if (this.#content.builds.includes(build)) return;
    await this.#change(({ builds }) => ({ builds: [...new Set([...builds, build])] }));
  }

  /** Once its files are gone. @throws BuilderFolderError */
  async forget(build: string): Promise<void> {
    await this.#change(({ builds }) => ({ builds: builds.filter((one) => one !== build) }));
  }

  /** @throws BuilderFolderError */
  async belongTo(installation: string): Promise<void> {
    if (this.#content.installation !== installation) await this.#change(() => ({ installation }));
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }

  /** One after the other: builds begin side by side. */
  #change(change: (content: FolderContent) => Partial<FolderContent>): Promise<void> {
    const changing = this.#changed.then(async () => {
      this.#content = await writeMarker(this.path, { ...this.#content, ...change(this.#content) });
    });
    this.#changed = changing.catch(() => {});
    return changing;
  }
}

function lockOf(path: string): string {
  return join(path, `${MARKER}.lock`);
}

/** More would be no images of a pool, and too much to tell. */
const MOST_FOUND = 1_000;
