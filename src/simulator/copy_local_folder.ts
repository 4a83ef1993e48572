/** Copies a folder of this machine onto a simulated server: files, folders and links, with their modes. */
import type { Instant } from "../domain/time.ts";
import { MAX_FILE_CONTENT, PERMISSIONS, type ServerFiles } from "./server_files.ts";

interface Copy {
  readonly local: string;
  /** Relative ones start in the home. */
  readonly remote: string;
  readonly home: string;
  readonly at: Instant;
  readonly signal: AbortSignal;
}

/**
 * A folder that is there keeps its mode, those within it get that of the local ones.
 * @throws FileError; Deno.errors.* where something local cannot be read; the signal's reason on abort
 */
export async function copyLocalFolder(files: ServerFiles, copy: Copy): Promise<void> {
  const { local, remote, home, at, signal } = copy;
  const real = files.real(remote, { home });
  files.makeFolder(real, { mode: modeOf(await Deno.stat(local)), at });
  for await (const { name } of Deno.readDir(local)) {
    signal.throwIfAborted();
    await copyEntry(files, { ...copy, local: `${local}/${name}`, remote: `${real}/${name}` });
  }
}

async function copyEntry(files: ServerFiles, copy: Copy): Promise<void> {
  const { local, remote, home, at } = copy;
  const info = await Deno.lstat(local);
  if (info.isDirectory) {
    await copyLocalFolder(files, copy);
    const folder = files.find(files.real(remote, { home }));
    if (folder !== null) folder.mode = modeOf(info);
    return;
  }
  const real = files.real(remote, { home, last: false });
  if (info.isSymlink) return files.makeLink(real, { link: await Deno.readLink(local), at, replace: true });
  if (!info.isFile) {
    throw new Deno.errors.NotSupported(`cannot copy ${local}: not a file, directory or symbolic link`);
  }
  const file = files.writeFile(real, await firstBytes(local), { mode: modeOf(info), at });
  file.size = info.size;
}

function modeOf({ mode }: Deno.FileInfo): number {
  return (mode ?? 0o755) & PERMISSIONS;
}

async function firstBytes(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(MAX_FILE_CONTENT);
  let length = 0;
  while (length < bytes.length) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
