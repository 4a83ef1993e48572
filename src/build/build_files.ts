/**
 * The files of builds. `FOLDER/NAME-VERSION` is a build's path, and its files are that with a dot and anything behind
 * it: formats, the manifest folder `.d`, and what is half-made. Names may hold hyphens, dots and numbers of their own,
 * so the last `-NUMBER.` of a file's name is the one that counts: no build's files are taken for another's.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { ImageFile } from "../domain/dib_image.ts";
import type { Call } from "../lib/call.ts";
import { ifThere } from "../lib/if_there.ts";

/** Removes every file of a build; none is fine. @throws Deno.errors.* */
export async function removeBuild(path: string): Promise<void> {
  for (const file of await filesOf(path)) await ifThere(Deno.remove(file, { recursive: true }));
}

/**
 * Takes a build's name by making its manifest folder, which one process can. Another pool with the same folder may have
 * begun a build of that name in the same second. @returns false: there are files of it. @throws Deno.errors.*
 */
export async function claimBuild(path: string): Promise<boolean> {
  if ((await filesOf(path)).length > 0) return false;
  return await Deno.mkdir(`${path}.d`).then(() => true, (error) => {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  });
}

/** Bytes that a build takes of its disk: for files with holes, less than their sizes. No files: 0. @throws Deno.errors.* */
export async function sizeOnDisk(path: string): Promise<number> {
  const facts = await Promise.all((await filesOf(path)).map((file) => ifThere(Deno.stat(file))));
  return facts.reduce((sum, one) => sum + (one?.blocks ?? 0) * 512, 0);
}

async function filesOf(path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  const names = await fileNamesIn(folder);
  return names.filter((file) => buildOf(file) === basename(path)).map((file) => join(folder, file));
}

/** The builds of which the folder has files, as `NAME-VERSION`. @throws Deno.errors.* */
export async function buildsIn(folder: string): Promise<readonly string[]> {
  const builds = (await fileNamesIn(folder)).flatMap((file) => buildOf(file) ?? []);
  return [...new Set(builds)].sort();
}

/** `NAME-VERSION` of the build that a file belongs to, by its name; null: it is no build's. */
function buildOf(file: string): string | null {
  const match = file.match(/^(.+-([1-9]\d*))\../s);
  return match !== null && Number.isSafeInteger(Number(match[2])) ? match[1]! : null;
}

/** How much of a file is read at once: hashing that takes about a millisecond, after which others have their turn. */
const CHUNK = 256 * 1024;

/** A file's content as it is when it is read; nothing is open before the first read. @throws Deno.errors.* */
export async function openFile(file: string): Promise<{ size: number; open(): ReadableStream<Uint8Array> }> {
  const { isFile, size } = await Deno.stat(file);
  if (!isFile) throw new Deno.errors.NotFound(`${file} is not a file`);
  return { size, open: () => ReadableStream.from(chunksOf(file)) };
}

async function* chunksOf(path: string): AsyncIterable<Uint8Array> {
  using file = await Deno.open(path);
  for (;;) {
    const chunk = await readChunk(file);
    if (chunk === null) return;
    yield chunk;
  }
}

/** At most that many bytes; null: nothing more is there now. */
export async function readChunk(file: Deno.FsFile, most = CHUNK): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(most);
  const count = await file.read(bytes);
  return count === null || count === 0 ? null : bytes.subarray(0, count);
}

/**
 * The hashes that a cloud's image service shows of a file, from one pass over it, once the file is safe on the disk.
 * @throws Deno.errors.* where it cannot be read; the signal's reason on abort
 */
export async function hashFile(path: string, { signal }: Call): Promise<Omit<ImageFile, "format">> {
  using file = await Deno.open(path);
  await file.syncData();
  const [md5, sha512] = [createHash("md5"), createHash("sha512")];
  const chunk = new Uint8Array(CHUNK);
  let size = 0;
  for (;;) {
    signal.throwIfAborted();
    const read = await file.read(chunk);
    if (read === null) return { size, md5: md5.digest("hex"), sha512: sha512.digest("hex") };
    md5.update(chunk.subarray(0, read));
    sha512.update(chunk.subarray(0, read));
    size += read;
  }
}

/** No such folder has none. */
export async function fileNamesIn(folder: string): Promise<readonly string[]> {
  const entries = await ifThere(Array.fromAsync(Deno.readDir(folder)));
  return (entries ?? []).map(({ name }) => name);
}
