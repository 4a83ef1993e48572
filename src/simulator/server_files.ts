/**
 * The files that logins put on a simulated server: a tree of files, folders and links, of which only a little content
 * is kept. Folders of a fresh system are there, and so is every folder above what is there: commands that would make
 * one are never run. Nobody's rights are checked. SFTP and the in-process shell write it; tests look at `entries`.
 */
import type { Instant } from "../domain/time.ts";

export interface ServerFile {
  readonly kind: "file" | "folder" | "link";
  /** Permission bits. */
  mode: number;
  /** Bytes of a file, kept or not. */
  size: number;
  /** Where a symbolic link leads, as it was given; else null. */
  readonly link: string | null;
  /** The first bytes of a file. */
  content: Uint8Array;
  changedAt: Instant;
}

/** A request about files that cannot be met; `missing` where there is nothing of that name. */
export class FileError extends Error {
  override readonly name = "FileError";
  constructor(readonly reason: "missing" | "failure", message: string) {
    super(message);
  }
}

/** The bits of a mode that are kept. */
export const PERMISSIONS = 0o7777;
/** Of each file. */
export const MAX_FILE_CONTENT = 64 * 1024;
/** Of all files of a server. */
const MAX_CONTENT = 4 * 2 ** 20;
/** More entries than that are refused. */
const MAX_ENTRIES = 10_000;
/** As many symbolic links as Linux follows for one path. */
const MAX_LINKS = 40;
const SYSTEM_FOLDERS =
  "/ /bin /etc /home /opt /root /srv /tmp /usr /usr/bin /usr/local /usr/local/bin /var /var/tmp";

export class ServerFiles {
  readonly #entries = new Map<string, ServerFile>();
  /** Made by none, and there all the same. */
  readonly #folders = new Set(SYSTEM_FOLDERS.split(" "));
  #kept = 0;

  /** The files put there, by path. */
  get entries(): ReadonlyMap<string, ServerFile> {
    return this.#entries;
  }

  /** Has a folder be there that nobody made. */
  haveFolder(real: string): void {
    this.#folders.add(real);
  }

  /** The path without `.`, `..` and, but for its last part, links; relative ones start in the home. */
  real(path: string, { home, last = true }: { home: string; last?: boolean }): string {
    const parts = (path.startsWith("/") ? path : `${home}/${path}`).split("/");
    let real = "";
    let links = 0;
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        real = parentOf(real);
        continue;
      }
      const next = `${real}/${part}`;
      const link = this.#entries.get(next)?.link ?? null;
      if (link === null || (parts.length === 0 && !last)) {
        real = next;
        continue;
      }
      if (++links > MAX_LINKS) throw new FileError("failure", `${path}: too many levels of symbolic links`);
      if (link.startsWith("/")) real = "";
      parts.unshift(...link.split("/"));
    }
    return real === "" ? "/" : real;
  }

  /** The entry at a real path; folders that nobody made have mode 0755. */
  find(real: string): ServerFile | null {
    const entry = this.#entries.get(real);
    if (entry !== undefined) return entry;
    return this.#folders.has(real) ? newEntry("folder", { mode: 0o755, at: 0 }) : null;
  }

  /** The names in a folder. */
  list(real: string): string[] {
    this.#folderAt(real);
    const prefix = real === "/" ? "/" : `${real}/`;
    const names = new Set<string>();
    for (const path of [...this.#entries.keys(), ...this.#folders]) {
      if (!path.startsWith(prefix) || path === prefix) continue;
      names.add(path.slice(prefix.length).split("/")[0]!);
    }
    return [...names].sort();
  }

  /** Makes a folder; one that is there is left as it is, and so told. */
  makeFolder(real: string, { mode, at }: { mode: number; at: Instant }): boolean {
    const there = this.find(real);
    if (there?.kind === "folder") return false;
    if (there !== null) throw new FileError("failure", `${real} exists and is not a directory`);
    this.#add(real, newEntry("folder", { mode, at }));
    return true;
  }

  /** The file of that path, created empty, or emptied. */
  openFile(
    real: string,
    { mode, at, truncate }: { mode: number; at: Instant; truncate: boolean },
  ): ServerFile {
    const there = this.find(real);
    if (there === null) {
      const file = newEntry("file", { mode, at });
      this.#add(real, file);
      return file;
    }
    if (there.kind !== "file") throw new FileError("failure", `${real} is a ${there.kind}`);
    if (truncate) this.resize(there, 0, at);
    return there;
  }

  /** Puts bytes into a file at an offset, as far as there is room to keep them. */
  write(file: ServerFile, bytes: Uint8Array, { offset, at }: { offset: number; at: Instant }): void {
    file.size = Math.max(file.size, offset + bytes.length);
    file.changedAt = at;
    // A hole before what is kept would be taken for content.
    if (offset > file.content.length) return;
    const end = Math.min(offset + bytes.length, MAX_FILE_CONTENT);
    if (end <= offset) return;
    if (end > file.content.length && !this.#grow(file, end)) return;
    file.content.set(bytes.subarray(0, end - offset), offset);
  }

  /** Cuts a file or lets it end in zeros. */
  resize(file: ServerFile, size: number, at: Instant): void {
    if (file.content.length > size) {
      this.#kept -= file.content.length - size;
      file.content = file.content.slice(0, size);
    }
    file.size = size;
    file.changedAt = at;
  }

  /** Writes a whole file in place of whatever file or link was there. */
  writeFile(real: string, content: Uint8Array, { mode, at }: { mode: number; at: Instant }): ServerFile {
    if (this.find(real)?.kind === "link") this.remove(real);
    const file = this.openFile(real, { mode, at, truncate: true });
    file.mode = mode & PERMISSIONS;
    this.write(file, content, { offset: 0, at });
    return file;
  }

  makeLink(
    real: string,
    { link, at, replace = false }: { link: string; at: Instant; replace?: boolean },
  ): void {
    const there = this.find(real);
    if (there !== null && (!replace || there.kind === "folder")) {
      throw new FileError("failure", `${real} already exists`);
    }
    if (there !== null) this.remove(real);
    this.#add(real, { ...newEntry("link", { mode: 0o777, at }), link, size: link.length });
  }

  /** Takes away a file or a link, or an empty folder. */
  remove(real: string): void {
    const there = this.find(real);
    if (there === null) throw new FileError("missing", `${real} does not exist`);
    if (there.kind === "folder" && this.list(real).length > 0) {
      throw new FileError("failure", `${real} is not empty`);
    }
    this.#entries.delete(real);
    this.#folders.delete(real);
    this.#kept -= there.content.length;
  }

  /** Gives something another path, with all that is in it. */
  rename(from: string, to: string): void {
    if (this.find(from) === null) throw new FileError("missing", `${from} does not exist`);
    if (this.find(to) !== null) throw new FileError("failure", `${to} already exists`);
    if (to.startsWith(`${from}/`)) throw new FileError("failure", `${to} is within ${from}`);
    const isMoved = (path: string) => path === from || path.startsWith(`${from}/`);
    const moved = [...this.#entries].filter(([path]) => isMoved(path));
    const folders = [...this.#folders].filter(isMoved);
    for (const [path] of moved) this.#entries.delete(path);
    for (const path of folders) this.#folders.delete(path);
    for (const path of folders) this.#folders.add(to + path.slice(from.length));
    for (const [path, file] of moved) this.#entries.set(to + path.slice(from.length), file);
    this.#addFoldersAbove(to);
  }

  #folderAt(real: string): void {
    const there = this.find(real);
    if (there === null) throw new FileError("missing", `${real} does not exist`);
    if (there.kind !== "folder") throw new FileError("failure", `${real} is not a directory`);
  }

  #add(real: string, file: ServerFile): void {
    if (this.#entries.size >= MAX_ENTRIES) {
      throw new FileError("failure", `a simulated server holds no more than ${MAX_ENTRIES} files`);
    }
    for (let above = parentOf(real); above !== ""; above = parentOf(above)) {
      const there = this.#entries.get(above);
      if (there !== undefined && there.kind !== "folder") {
        throw new FileError("failure", `${above} is not a directory`);
      }
    }
    this.#entries.set(real, file);
    this.#addFoldersAbove(real);
  }

  #addFoldersAbove(real: string): void {
    for (let above = parentOf(real); above !== ""; above = parentOf(above)) this.#folders.add(above);
  }

  /** Whether there is room for a file's content to be that long. */
  #grow(file: ServerFile, length: number): boolean {
    const more = length - file.content.length;
    if (this.#kept + more > MAX_CONTENT) return false;
    this.#kept += more;
    const content = new Uint8Array(length);
    content.set(file.content);
    file.content = content;
    return true;
  }
}

/** Where a user's logins start. */
export function homeOf(username: string): string {
  return username === "root" ? "/root" : `/home/${username}`;
}

/** Empty above the first level. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function newEntry(kind: ServerFile["kind"], { mode, at }: { mode: number; at: Instant }): ServerFile {
  return { kind, mode: mode & PERMISSIONS, size: 0, link: null, content: new Uint8Array(), changedAt: at };
}
