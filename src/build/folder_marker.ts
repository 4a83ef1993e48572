/**
 * The file by which a folder with builds is known, `.nodepool-builder.json`: it names the builder whose images these are, and
 * the builds that it has begun there. A disk that is not mounted leaves an empty folder without it. Builders on other
 * machines keep it (`src/builders`); a daemon that builds for itself makes it, and only looks whether it is there.
 */
import { join } from "node:path";
import * as v from "valibot";
import { errorChain } from "../lib/error_chain.ts";
import { ifThere } from "../lib/if_there.ts";
import { type Random, systemRandom } from "../lib/random.ts";

const contentSchema = v.object({
  /** The builder's. */
  id: v.string(),
  /** That its images belong to; null: it has had none. */
  installation: v.nullable(v.string()),
  /** Those that were begun here and not removed, as `NAME-VERSION`. */
  builds: v.array(v.string()),
});

export type FolderContent = v.InferOutput<typeof contentSchema>;

/** The folder cannot be used; the message says why, and what to do. */
export class BuilderFolderError extends Error {
  override readonly name = "BuilderFolderError";
}

export const MARKER = ".nodepool-builder.json";

/** null: the folder has none. @throws BuilderFolderError */
export async function readMarker(path: string): Promise<FolderContent | null> {
  const file = join(path, MARKER);
  const text = await ifThere(Deno.readTextFile(file)).catch((cause) => {
    throw new BuilderFolderError(`cannot read ${file}`, { cause });
  });
  if (text === null) return null;
  try {
    return v.parse(contentSchema, JSON.parse(text));
  } catch (cause) {
    const advice = "remove it and the images beside it";
    throw new BuilderFolderError(`${file} is damaged (${errorChain(cause)}): ${advice}`, { cause });
  }
}

/** Of a folder that has no builds that anybody knows of. @throws BuilderFolderError */
export function makeMarker(
  path: string,
  { random }: { random: Pick<Random, "uuid"> },
): Promise<FolderContent> {
  return writeMarker(path, { id: random.uuid(), installation: null, builds: [] });
}

/** The file is the old one or the new one, whatever happens meanwhile. @throws BuilderFolderError */
export async function writeMarker(path: string, content: FolderContent): Promise<FolderContent> {
  const file = join(path, MARKER);
  // Builds that begin at the same time each make one, in a file of their own.
  const written = `${file}.${content.id}`;
  try {
    await Deno.writeTextFile(written, `${JSON.stringify(content)}\n`, { mode: 0o600 });
    await Deno.rename(written, file);
    return content;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw new BuilderFolderError(`cannot write ${file}`, { cause });
    }
    throw new BuilderFolderError(`the folder ${path} is gone: make it again, or mount what it is on`);
  }
}

/** Marks a folder that builds are to be made in, unless it is. @throws BuilderFolderError; Deno.errors.* */
export async function markFolder(path: string): Promise<void> {
  if (!await isThere(join(path, MARKER))) await makeMarker(path, { random: systemRandom });
}

/**
 * Why a folder is not the one that the files were made in, for people; null: it is. One with any of the files is, and is
 * marked, since earlier versions made no marker.
 */
export async function folderProblem(path: string, files: readonly string[]): Promise<string | null> {
  try {
    if (files.length === 0 || await isThere(join(path, MARKER))) return null;
    for (const file of files) {
      if (!await isThere(file)) continue;
      await markFolder(path).catch(() => {});
      return null;
    }
  } catch (error) {
    return `cannot look at images-dir ${path}: ${errorChain(error)}`;
  }
  return `images-dir ${path} lacks the images built there: mount the disk that it is on, or, if they are lost, ` +
    "delete them with `nodepool dib-image-delete`; after six hours without them, they count as lost";
}

async function isThere(file: string): Promise<boolean> {
  return await ifThere(Deno.stat(file)) !== null;
}
