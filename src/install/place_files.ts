/**
 * Writes the files of an installation into a folder. What somebody changed stays as it is: a list of checksums beside the
 * files, which `sha256sum -c` reads too, tells what was written there last time. Called by `install-files`.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileReason } from "../lib/file_reason.ts";
import { ifThere } from "../lib/if_there.ts";

/** A file that belongs to an installation besides the program. */
export interface InstalledFile {
  /** Below the prefix, such as `/usr/local`. */
  readonly path: string;
  readonly text: string;
}

/** The paths of the files, each in one of the lists. */
interface Placement {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** Changed by somebody, and left alone. */
  readonly kept: readonly string[];
  /** Written by an earlier version, which had more files. */
  readonly removed: readonly string[];
}

const CHECKSUMS = "share/nodepool/installed.sha256";

/**
 * @param folder made if it is not there
 * @param options `force`: what somebody changed is replaced, too
 * @throws Error that names the file that cannot be written
 */
export async function placeFiles(
  folder: string,
  files: readonly InstalledFile[],
  { force }: { force: boolean },
): Promise<Placement> {
  const earlier = await readChecksums(folder);
  const later = new Map<string, string>();
  const placement = { written: [] as string[], unchanged: [] as string[], kept: [] as string[] };
  for (const { path, text } of files) {
    const found = await checksumAt(join(folder, path));
    const wanted = checksum(text);
    const isOurs = found === null || found === earlier.get(path) || force;
    const what = found === wanted ? "unchanged" : isOurs ? "written" : "kept";
    if (what === "written") await writeFile(join(folder, path), text);
    placement[what].push(path);
    const known = what === "kept" ? earlier.get(path) : wanted;
    if (known !== undefined) later.set(path, known);
  }
  const removed = await removeOthers(folder, { earlier, files });
  await writeChecksums(folder, later);
  return { ...placement, removed };
}

async function removeOthers(
  folder: string,
  { earlier, files }: { earlier: ReadonlyMap<string, string>; files: readonly InstalledFile[] },
): Promise<readonly string[]> {
  const removed: string[] = [];
  const paths = new Set(files.map(({ path }) => path));
  for (const [path, hash] of earlier) {
    if (paths.has(path) || await checksumAt(join(folder, path)) !== hash) continue;
    await Deno.remove(join(folder, path));
    removed.push(path);
  }
  return removed;
}

/** null: nothing is there; empty: something that is no plain file. */
async function checksumAt(path: string): Promise<string | null> {
  try {
    if (!(await Deno.lstat(path)).isFile) return "";
    return checksum(await Deno.readFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new Error(`cannot read ${path}: ${fileReason(error)}`);
  }
}

function checksum(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Paths that lead out of the folder are left out. */
async function readChecksums(folder: string): Promise<ReadonlyMap<string, string>> {
  const text = await ifThere(Deno.readTextFile(join(folder, CHECKSUMS))).catch((error) => {
    throw new Error(`cannot read ${join(folder, CHECKSUMS)}: ${fileReason(error)}`);
  }) ?? "";
  const lines = text.matchAll(/^([0-9a-f]{64}) {2}((?:share|lib)\/.+)$/gm);
  return new Map(
    [...lines].map(([, hash, path]) => [path!, hash!] as const)
      .filter(([path]) => !path.split("/").includes("..")),
  );
}

async function writeChecksums(folder: string, checksums: ReadonlyMap<string, string>): Promise<void> {
  const lines = [...checksums].map(([path, hash]) => `${hash}  ${path}\n`);
  await writeFile(join(folder, CHECKSUMS), lines.join(""));
}

/** Readable for everybody, whatever the umask, and never there in half. */
async function writeFile(path: string, text: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await Deno.writeTextFile(`${path}.new`, text);
    await Deno.chmod(`${path}.new`, 0o644);
    await Deno.rename(`${path}.new`, path);
  } catch (error) {
    await Deno.remove(`${path}.new`).catch(() => {});
    throw new Error(`cannot write ${path}: ${fileReason(error)}`);
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(dirname(path));
    await Deno.mkdir(path);
  }
  await Deno.chmod(path, 0o755);
}
