/**
 * The SFTP subsystem of simulated servers, version 3, on the files that they keep in memory: serves OpenSSH's `sftp` and
 * `scp`, and ssh2's client. Handles are bounded, and go with their session.
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
interface SftpGround {
  readonly files: ServerFiles;
  /** Where relative paths start. */
  readonly home: string;
  /** Whether the client is one of OpenSSH's own. */
  readonly isOpenSsh: boolean;
  readonly clock: Clock;
}

/** Answers the requests of one session until it ends. */
export function serveSftp(sftp: SFTPWrapper, ground: SftpGround): void {
  ground.files.haveFolder(ground.home);
  sftp.on("error", () => {});
  sftp.on("end", () => endWell(sftp));
  for (const [name, meet] of Object.entries(sftpRequests(sftp, ground))) {
    sftp.on(name, (id: number, ...asked: never[]) => {
      try {
        meet(id, ...asked as [never, never, never]);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        const code = error.reason === "missing" ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE;
        sftp.status(id, code, error.message);
      }
    });
  }
}

/** The part of ssh2's inner parts that is reached into: its version is pinned. */
interface Ssh2Sftp {
  readonly outgoing: { readonly id: number; readonly state: string };
  readonly _protocol: { exitStatus(channel: number, status: number): void };
}

/** `scp` takes a session without an exit status for one that broke, and ssh2 has no call that sends one for SFTP. */
function endWell(sftp: SFTPWrapper): void {
  const { outgoing, _protocol } = sftp as unknown as Ssh2Sftp;
  if (outgoing.state === "open") _protocol.exitStatus(outgoing.id, 0);
  sftp.end();
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

/** By the protocol's names; each answers the request of that number, or throws a FileError. */
function sftpRequests(sftp: SFTPWrapper, { files, home, isOpenSsh, clock }: SftpGround) {
  const handles = new Map<number, Handle>();
  let lastHandle = 0;
  return {
    REALPATH: (id: number, path: string) => {
      const filename = realOf(path);
      sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
    },
    STAT: (id: number, path: string) => sftp.attrs(id, attributesOf(fileAt(realOf(path)))),
    LSTAT: (id: number, path: string) => sftp.attrs(id, attributesOf(fileAt(ownOf(path)))),
    FSTAT: (id: number, handle: Uint8Array) => sftp.attrs(id, attributesOf(openFile(handle).file)),
    SETSTAT: (id: number, path: string, attributes: Attributes) => set(id, fileAt(realOf(path)), attributes),
    FSETSTAT: (id: number, handle: Uint8Array, attributes: Attributes) =>
      set(id, openFile(handle).file, attributes),
    MKDIR: (id: number, path: string, { mode = 0o755 }: Partial<Attributes>) => {
      const real = realOf(path);
      if (!files.makeFolder(real, { mode, at: clock.now() })) {
        throw new FileError("failure", `${real} already exists`);
      }
      done(id);
    },
    RMDIR: (id: number, path: string) => remove(id, path, "folder"),
    REMOVE: (id: number, path: string) => remove(id, path, "file"),
    RENAME: (id: number, from: string, to: string) => {
      files.rename(ownOf(from), ownOf(to));
      done(id);
    },
    /**
     * Clients send to a server of OpenSSH, which this one says it is, the target first, other than the standard has
     * it; ssh2 turns the two round for OpenSSH's own clients, whatever the server is.
     */
    SYMLINK: (id: number, first: string, second: string) => {
      const [link, path] = isOpenSsh ? [second, first] : [first, second];
      files.makeLink(ownOf(path), { link, at: clock.now() });
      done(id);
    },
    READLINK: (id: number, path: string) => {
      const real = ownOf(path);
      const { link } = fileAt(real);
      if (link === null) throw new FileError("failure", `${real} is not a symbolic link`);
      sftp.name(id, [{ filename: link, longname: link, attrs: {} as Attributes }]);
    },
    OPENDIR: (id: number, path: string) => {
      const real = realOf(path);
      give(id, { kind: "folder", path: real, names: [".", "..", ...files.list(real)] });
    },
    READDIR: (id: number, handle: Uint8Array) => {
      const open = openHandle(handle);
      if (open.kind !== "folder") throw new FileError("failure", "the handle is that of a file");
      const names = open.names.splice(0, NAMES_AT_ONCE);
      if (names.length === 0) return sftp.status(id, STATUS_CODE.EOF);
      sftp.name(id, names.map((name) => listed(open.path, name)));
    },
    OPEN: (id: number, path: string, flags: number, attributes: Attributes) => {
      const real = realOf(path);
      const there = files.find(real);
      if (there === null && (flags & OPEN_MODE.CREAT) === 0) {
        throw new FileError("missing", `${real} does not exist`);
      }
      if (there !== null && (flags & OPEN_MODE.EXCL) !== 0) {
        throw new FileError("failure", `${real} already exists`);
      }
      const truncate = (flags & OPEN_MODE.TRUNC) !== 0;
      const file = files.openFile(real, { mode: attributes.mode ?? 0o644, at: clock.now(), truncate });
      give(id, { kind: "file", file, appends: (flags & OPEN_MODE.APPEND) !== 0 });
    },
    READ: (id: number, handle: Uint8Array, offset: number, length: number) => {
      const { file: { size, content } } = openFile(handle);
      if (offset >= size) return sftp.status(id, STATUS_CODE.EOF);
      const end = Math.min(offset + length, size, content.length);
      if (end <= offset) {
        const kept = `at most the first ${MAX_FILE_CONTENT / 1024} KiB of a file`;
        throw new FileError("failure", `the simulator has not kept this part; it keeps ${kept}`);
      }
      sftp.data(id, Buffer.from(content.subarray(offset, end)));
    },
    WRITE: (id: number, handle: Uint8Array, offset: number, data: Uint8Array) => {
      const { file, appends } = openFile(handle);
      files.write(file, data, { offset: appends ? file.size : offset, at: clock.now() });
      done(id);
    },
    CLOSE: (id: number, handle: Uint8Array) => {
      openHandle(handle);
      handles.delete(numberOf(handle));
      done(id);
    },
  };

  function realOf(path: string): string {
    return files.real(path, { home });
  }

  /** Of a link itself, not of what it leads to. */
  function ownOf(path: string): string {
    return files.real(path, { home, last: false });
  }

  function fileAt(real: string): ServerFile {
    const file = files.find(real);
    if (file === null) throw new FileError("missing", `${real} does not exist`);
    return file;
  }

  function set(id: number, file: ServerFile, { mode, size }: Partial<Attributes>): void {
    if (mode !== undefined) file.mode = mode & PERMISSIONS;
    if (size !== undefined) files.resize(file, size, clock.now());
    done(id);
  }

  function remove(id: number, path: string, kind: "file" | "folder"): void {
    const real = ownOf(path);
    const isFolder = fileAt(real).kind === "folder";
    if (isFolder !== (kind === "folder")) {
      throw new FileError("failure", `${real} is ${isFolder ? "a" : "not a"} directory`);
    }
    files.remove(real);
    done(id);
  }

  function listed(folder: string, name: string) {
    const file = name === "." || name === ".."
      ? fileAt(folder)
      : fileAt(`${folder === "/" ? "" : folder}/${name}`);
    return { filename: name, longname: longName(name, file), attrs: attributesOf(file) };
  }

  function give(id: number, handle: Handle): void {
    if (handles.size >= MAX_HANDLES) throw new FileError("failure", "too many files are open");
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(++lastHandle);
    handles.set(lastHandle, handle);
    sftp.handle(id, bytes);
  }

  function openFile(handle: Uint8Array) {
    const open = openHandle(handle);
    if (open.kind !== "file") throw new FileError("failure", "the handle is that of a directory");
    return open;
  }

  function openHandle(handle: Uint8Array): Handle {
    const open = handles.get(numberOf(handle));
    if (open === undefined) throw new FileError("failure", "there is no such handle");
    return open;
  }

  function done(id: number): void {
    sftp.status(id, STATUS_CODE.OK);
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
