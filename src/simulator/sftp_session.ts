/**
 * The requests of one SFTP session, version 3, on the files that a simulated server keeps in memory. Handles are
 * bounded, and go with the session. `sftp_server.ts` hands it each request.
 */
import { Buffer } from "node:buffer";
import ssh2, { type Attributes, type SFTPWrapper } from "ssh2";
import type { Clock } from "../lib/clock.ts";
import {
  FileError,
  MAX_FILE_CONTENT,
  PERMISSIONS,
  type ServerFile,
  type ServerFiles,
} from "./server_files.ts";

/** The ground that an SFTP session works on. */
export interface SftpGround {
  readonly files: ServerFiles;
  /** Where relative paths start. */
  readonly home: string;
  /** Whether the client is one of OpenSSH's own. */
  readonly isOpenSsh: boolean;
  readonly clock: Clock;
}

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp;

/** Open at once in one session; OpenSSH's own clients have a handful. */
const MAX_HANDLES = 256;
/** Names in one answer; its size is bounded by the protocol. */
const NAMES_AT_ONCE = 100;
const KIND_BITS = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const KIND_LETTERS = { file: "-", folder: "d", link: "l" } as const;

type Handle =
  | { readonly kind: "file"; readonly file: ServerFile; readonly appends: boolean }
  | { readonly kind: "folder"; readonly path: string; readonly names: string[] };

/** Each method answers the request of that number, or throws a FileError. */
export class SftpSession {
  readonly #sftp: SFTPWrapper;
  readonly #ground: SftpGround;
  readonly #handles = new Map<number, Handle>();
  #lastHandle = 0;

  constructor(sftp: SFTPWrapper, ground: SftpGround) {
    this.#sftp = sftp;
    this.#ground = ground;
  }

  answer(id: number, meet: () => void): void {
    try {
      meet();
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      const code = error.reason === "missing" ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE;
      this.#sftp.status(id, code, error.message);
    }
  }

  realPath(id: number, path: string): void {
    const filename = this.#real(path);
    this.#sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
  }

  stat(id: number, path: string, { last }: { last: boolean }): void {
    this.#sftp.attrs(id, attributesOf(this.#at(this.#real(path, { last }))));
  }

  handleStat(id: number, handle: Uint8Array): void {
    this.#sftp.attrs(id, attributesOf(this.#file(handle).file));
  }

  setStat(id: number, path: string, attributes: Attributes): void {
    this.#set(this.#at(this.#real(path)), attributes);
    this.#done(id);
  }

  setHandleStat(id: number, handle: Uint8Array, attributes: Attributes): void {
    this.#set(this.#file(handle).file, attributes);
    this.#done(id);
  }

  makeFolder(id: number, path: string, { mode = 0o755 }: Partial<Attributes>): void {
    const real = this.#real(path);
    if (!this.#files.makeFolder(real, { mode, at: this.#now })) {
      throw new FileError("failure", `${real} already exists`);
    }
    this.#done(id);
  }

  remove(id: number, path: string, kind: "file" | "folder"): void {
    const real = this.#real(path, { last: false });
    const isFolder = this.#at(real).kind === "folder";
    if (isFolder !== (kind === "folder")) {
      throw new FileError("failure", `${real} is ${isFolder ? "a" : "not a"} directory`);
    }
    this.#files.remove(real);
    this.#done(id);
  }

  rename(id: number, from: string, to: string): void {
    this.#files.rename(this.#real(from, { last: false }), this.#real(to, { last: false }));
    this.#done(id);
  }

  /**
   * Clients send to a server of OpenSSH, which this one says it is, the target first, other than the standard has it;
   * ssh2 turns the two round for OpenSSH's own clients, whatever the server is.
   */
  makeLink(id: number, first: string, second: string): void {
    const [link, path] = this.#ground.isOpenSsh ? [second, first] : [first, second];
    this.#files.makeLink(this.#real(path, { last: false }), { link, at: this.#now });
    this.#done(id);
  }

  readLink(id: number, path: string): void {
    const real = this.#real(path, { last: false });
    const { link } = this.#at(real);
    if (link === null) throw new FileError("failure", `${real} is not a symbolic link`);
    this.#sftp.name(id, [{ filename: link, longname: link, attrs: {} as Attributes }]);
  }

  openFolder(id: number, path: string): void {
    const real = this.#real(path);
    this.#give(id, { kind: "folder", path: real, names: [".", "..", ...this.#files.list(real)] });
  }

  readFolder(id: number, handle: Uint8Array): void {
    const open = this.#handle(handle);
    if (open.kind !== "folder") throw new FileError("failure", "the handle is that of a file");
    const names = open.names.splice(0, NAMES_AT_ONCE);
    if (names.length === 0) return this.#sftp.status(id, STATUS_CODE.EOF);
    this.#sftp.name(id, names.map((name) => this.#listed(open.path, name)));
  }

  openFile(id: number, path: string, { flags, attributes }: { flags: number; attributes: Attributes }): void {
    const real = this.#real(path);
    const there = this.#files.find(real);
    if (there === null && (flags & OPEN_MODE.CREAT) === 0) {
      throw new FileError("missing", `${real} does not exist`);
    }
    if (there !== null && (flags & OPEN_MODE.EXCL) !== 0) {
      throw new FileError("failure", `${real} already exists`);
    }
    const truncate = (flags & OPEN_MODE.TRUNC) !== 0;
    const file = this.#files.openFile(real, { mode: attributes.mode ?? 0o644, at: this.#now, truncate });
    this.#give(id, { kind: "file", file, appends: (flags & OPEN_MODE.APPEND) !== 0 });
  }

  read(id: number, handle: Uint8Array, { offset, length }: { offset: number; length: number }): void {
    const { file: { size, content } } = this.#file(handle);
    if (offset >= size) return this.#sftp.status(id, STATUS_CODE.EOF);
    const end = Math.min(offset + length, size, content.length);
    if (end <= offset) {
      const kept = `at most the first ${MAX_FILE_CONTENT / 1024} KiB of a file`;
      throw new FileError("failure", `the simulator has not kept this part; it keeps ${kept}`);
    }
    this.#sftp.data(id, Buffer.from(content.subarray(offset, end)));
  }

  write(id: number, handle: Uint8Array, { offset, data }: { offset: number; data: Uint8Array }): void {
    const { file, appends } = this.#file(handle);
    this.#files.write(file, data, { offset: appends ? file.size : offset, at: this.#now });
    this.#done(id);
  }

  close(id: number, handle: Uint8Array): void {
    this.#handle(handle);
    this.#handles.delete(numberOf(handle));
    this.#done(id);
  }

  get #files(): ServerFiles {
    return this.#ground.files;
  }

  get #now(): number {
    return this.#ground.clock.now();
  }

  #real(path: string, { last = true } = {}): string {
    return this.#files.real(path, { home: this.#ground.home, last });
  }

  #at(real: string): ServerFile {
    const file = this.#files.find(real);
    if (file === null) throw new FileError("missing", `${real} does not exist`);
    return file;
  }

  #set(file: ServerFile, { mode, size }: Partial<Attributes>): void {
    if (mode !== undefined) file.mode = mode & PERMISSIONS;
    if (size !== undefined) this.#files.resize(file, size, this.#now);
  }

  #listed(folder: string, name: string) {
    const file = name === "." || name === ".."
      ? this.#at(folder)
      : this.#at(`${folder === "/" ? "" : folder}/${name}`);
    return { filename: name, longname: longName(name, file), attrs: attributesOf(file) };
  }

  #give(id: number, handle: Handle): void {
    if (this.#handles.size >= MAX_HANDLES) throw new FileError("failure", "too many files are open");
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(++this.#lastHandle);
    this.#handles.set(this.#lastHandle, handle);
    this.#sftp.handle(id, bytes);
  }

  #file(handle: Uint8Array) {
    const open = this.#handle(handle);
    if (open.kind !== "file") throw new FileError("failure", "the handle is that of a directory");
    return open;
  }

  #handle(handle: Uint8Array): Handle {
    const open = this.#handles.get(numberOf(handle));
    if (open === undefined) throw new FileError("failure", "there is no such handle");
    return open;
  }

  #done(id: number): void {
    this.#sftp.status(id, STATUS_CODE.OK);
  }
}

function numberOf(handle: Uint8Array): number {
  return handle.length === 4 ? Buffer.from(handle).readUInt32BE() : 0;
}

function attributesOf({ kind, mode, size, changedAt }: ServerFile): Attributes {
  const seconds = Math.floor(changedAt / 1000);
  return { mode: KIND_BITS[kind] | mode, size, uid: 0, gid: 0, atime: seconds, mtime: seconds };
}

/** A line as `ls -l` has it; `sftp` prints it as it comes. */
function longName(name: string, { kind, mode, size, changedAt }: ServerFile): string {
  const letters = [..."rwxrwxrwx"].map((letter, index) => (mode >> (8 - index)) & 1 ? letter : "-").join("");
  const day = new Date(changedAt).toISOString().slice(0, 10);
  return `${KIND_LETTERS[kind]}${letters} 1 root root ${String(size).padStart(8)} ${day} ${name}`;
}
