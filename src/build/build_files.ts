/**
 * The files of builds. `FOLDER/NAME-VERSION` is a build's path, and its files are that with a dot and anything behind
 * it: formats, the manifest folder `.d`, and what is half-made. Names may hold hyphens, dots and numbers of their own,
 * so the last `-NUMBER.` of a file's name is the one that counts: no build's files are taken for another's.
 */
import { basename, dirname, join } from "node:path";

/** Removes every file of a build; none is fine. @throws Deno.errors.* */
export async function removeBuild(path: string): Promise<void> {
  const folder = dirname(path);
  for (const file of await namesIn(folder)) {
    if (buildOf(file) !== basename(path)) continue;
    await Deno.remove(join(folder, file), { recursive: true }).catch(ignoreMissing);
  }
}

/** The builds of which the folder has files, as `NAME-VERSION`. @throws Deno.errors.* */
export async function buildsIn(folder: string): Promise<readonly string[]> {
  const builds = (await namesIn(folder)).flatMap((file) => buildOf(file) ?? []);
  return [...new Set(builds)].sort();
}

/** `NAME-VERSION` of the build that a file belongs to, by its name; null: it is no build's. */
function buildOf(file: string): string | null {
  const match = file.match(/^(.+-([1-9]\d*))\../s);
  return match !== null && Number.isSafeInteger(Number(match[2])) ? match[1]! : null;
}

/** How much of a file is read at once. */
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
    const chunk = new Uint8Array(CHUNK);
    const size = await file.read(chunk);
    if (size === null) return;
    yield chunk.subarray(0, size);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch (error) {
    ignoreMissing(error);
  }
  return names;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
