/**
 * The control socket as a file: made so that at no moment anybody but its owner can open it, recognised, removed.
 * `serveControl` calls it. It is made in a folder that only its owner can enter and moved to its place, since the
 * permission to change the mask that new files have cannot be given by name.
 */
import { basename, dirname, join } from "node:path";
import { errorChain } from "../lib/error_chain.ts";
import { ifThere } from "../lib/if_there.ts";
import { loggerOf } from "../lib/logging.ts";
import { type ConnectionKind, connectionKind, ControlSocketError } from "./socket_path.ts";

const log = loggerOf("control");

/** The longest path that the kernel's sockaddr_un holds, not counting its final zero byte. */
const LONGEST_PATH = Deno.build.os === "darwin" ? 103 : 107;

export class ControlSocket implements Disposable {
  readonly listener: Deno.UnixListener;
  readonly #path: string;
  readonly #made: Deno.FileInfo;

  /**
   * Replaces the socket that a killed daemon left, and nothing else.
   * @throws ControlSocketError when the path cannot be listened on
   */
  static async open(path: string): Promise<ControlSocket> {
    checkLength(path);
    await checkTheWay(path);
    try {
      return await make(path);
    } catch (cause) {
      throw new ControlSocketError(`cannot listen on the control socket ${path}`, { cause });
    }
  }

  constructor(listener: Deno.UnixListener, { path, made }: { path: string; made: Deno.FileInfo }) {
    this.listener = listener;
    this.#path = path;
    this.#made = made;
  }

  /** Does its path still lead to it? */
  isInPlace(): boolean {
    try {
      const { dev, ino, mtime } = Deno.lstatSync(this.#path);
      const made = this.#made;
      return dev === made.dev && ino === made.ino && mtime?.getTime() === made.mtime?.getTime();
    } catch {
      return false;
    }
  }

  /** Takes the file away, if it is still this one and may be. The caller that listens closes the listener. */
  [Symbol.dispose](): void {
    try {
      if (this.isInPlace()) Deno.removeSync(this.#path);
    } catch (error) {
      log.warning("cannot remove the control socket {path}: {error}", {
        path: this.#path,
        error: errorChain(error),
      });
    }
  }
}

/** A listener that is closed removes the path that it was made at, if late: none may have the name of another. */
let count = 0;
/** The names must leave the path no longer than that of the socket. */
const NAMES = 1_000;

async function make(path: string): Promise<ControlSocket> {
  const folder = await makePrivateFolder(path);
  const made = join(folder, String(count++ % NAMES));
  const listener = Deno.listen({ transport: "unix", path: made });
  try {
    await Deno.chmod(made, 0o600);
    await Deno.rename(made, path);
    return new ControlSocket(listener, { path, made: await Deno.lstat(path) });
  } catch (error) {
    listener.close();
    throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Beside the socket, and no longer than its path; one that a killed daemon left is replaced. */
async function makePrivateFolder(path: string): Promise<string> {
  const folder = join(dirname(path), `.${basename(path, ".sock")}`);
  await ifThere(Deno.remove(folder, { recursive: true }));
  await Deno.mkdir(folder, { mode: 0o700 });
  return folder;
}

function checkLength(path: string): void {
  const length = new TextEncoder().encode(path).length;
  if (length <= LONGEST_PATH) return;
  throw new ControlSocketError(
    `the control socket's path ${path} has ${length} bytes; the system allows ${LONGEST_PATH}: ` +
      "set `state` to a shorter path",
  );
}

async function checkTheWay(path: string): Promise<void> {
  const objection = OBJECTIONS[await connectionKind(path)];
  if (objection !== undefined) throw new ControlSocketError(objection(path));
}

const OBJECTIONS: Partial<Record<ConnectionKind, (path: string) => string>> = {
  "listening": (path) => `another daemon listens on ${path}: stop it, or set a different \`state\``,
  "no-socket": (path) => `${path} exists and is not a socket; move it`,
  "forbidden": (path) => `${path} belongs to another user: run the daemon as its owner`,
};
