/**
 * Files of a server, over an SFTP channel that is opened for one piece of work and closed with it. The first failure
 * of the channel, or the abort of its signal, fails every call in progress and all later ones, since ssh2 never
 * answers what it is asked on a channel that is closed.
 */
import { Buffer } from "node:buffer";
import { posix } from "node:path";
import type { InputAttributes, SFTPWrapper, Stats } from "ssh2";
import { orAborted } from "../lib/or_aborted.ts";
import { closedEarly, fileRefused, noSftp } from "./login_failure.ts";
import type { Ssh2Connection } from "./ssh2_connection.ts";

/** Writes of one file on their way at once: with the size of a chunk, what a slow answer may cost in memory. */
const WRITES = 16;

type Callback<Value> = (error?: Error | null, value?: Value) => void;

export class RemoteFiles implements Disposable {
  readonly #sftp: SFTPWrapper;
  readonly #where: string;
  readonly #signal: AbortSignal;
  readonly #under = new Set<(reason: unknown) => void>();
  readonly #abort = () => this.#fail(this.#signal.reason);
  #failed = false;
  #failure: unknown;

  private constructor(sftp: SFTPWrapper, { where, signal }: { where: string; signal: AbortSignal }) {
    this.#sftp = sftp;
    this.#where = where;
    this.#signal = signal;
    signal.addEventListener("abort", this.#abort, { once: true });
    sftp.on("error", (error: Error) => this.#fail(noSftp(error, { where })));
    sftp.on("close", () => this.#fail(closedEarly({ stage: "copy", where })));
  }

  /** @throws LoginError `command` where the server has no SFTP; the signal's reason on abort */
  static async open(
    connection: Ssh2Connection,
    { signal }: { signal: AbortSignal },
  ): Promise<RemoteFiles> {
    signal.throwIfAborted();
    const { where } = connection;
    const opened = Promise.withResolvers<RemoteFiles>();
    connection.ask<SFTPWrapper>((client, done) => client.sftp(done), {
      signal,
      answer(error, sftp) {
        if (error !== undefined) return opened.reject(noSftp(error, { where }));
        if (signal.aborted) return sftp!.end();
        opened.resolve(new RemoteFiles(sftp!, { where, signal }));
      },
    });
    return await orAborted(opened.promise, signal);
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#fail(closedEarly({ stage: "copy", where: this.#where }));
  }

  /** Makes a folder, and those above it, unless they exist. @returns whether it was made */
  async makeFolder(path: string, { mode }: { mode: number }): Promise<boolean> {
    try {
      await this.#mkdir(path, mode);
      return true;
    } catch (error) {
      if (await this.#isFolder(path)) return false;
      if (!saysMissing(error)) throw error;
      await this.makeFolder(posix.dirname(path), { mode: 0o755 });
      await this.#mkdir(path, mode);
      return true;
    }
  }

  setMode(path: string, mode: number): Promise<void> {
    return this.#call(`set the mode of ${path}`, (done) => this.#sftp.chmod(path, mode, done));
  }

  /** Makes a symbolic link, in the place of a file or link of that name. */
  async link(path: string, { to }: { to: string }): Promise<void> {
    const make = () =>
      this.#call<void>(`create the link ${path}`, (done) => this.#sftp.symlink(to, path, done));
    await make().catch(async () => {
      await this.#remove(path);
      await make();
    });
  }

  /** Writes a file, in the place of a file or link of that name; nobody whom its mode keeps out sees a part of it. */
  async write(
    path: string,
    { mode, source }: { mode: number; source: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    const handle = await this.#create(path, mode);
    await this.#fill(handle, { path, source });
    await this.#call<void>(`set the mode of ${path}`, (done) => this.#sftp.fchmod(handle, mode, done));
    await this.#call<void>(`write ${path}`, (done) => this.#sftp.close(handle, done));
  }

  /** Removes an existing file first, as it may be read-only, running, or a link; if it cannot, overwrites it. */
  async #create(path: string, mode: number): Promise<Buffer> {
    const open = (flags: "w" | "wx") =>
      this.#call<Buffer>(`write ${path}`, (done) => this.#sftp.open(path, flags, { mode }, done));
    try {
      return await open("wx");
    } catch {
      const removed = await this.#remove(path).then(() => true, () => false);
      return await open(removed ? "wx" : "w");
    }
  }

  async #fill(
    handle: Buffer,
    { path, source }: { path: string; source: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    const writes: Promise<void>[] = [];
    let position = 0;
    for await (const chunk of source) {
      if (writes.length >= WRITES) await writes.shift();
      const write = this.#put(handle, { path, chunk, position });
      // One that fails is noticed when its turn comes.
      write.catch(() => {});
      writes.push(write);
      position += chunk.length;
    }
    await Promise.all(writes);
  }

  #put(
    handle: Buffer,
    { path, chunk, position }: { path: string; chunk: Uint8Array; position: number },
  ): Promise<void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    return this.#call(
      `write ${path}`,
      (done) => this.#sftp.write(handle, bytes, 0, bytes.length, position, done),
    );
  }

  #mkdir(path: string, mode: number): Promise<void> {
    const attributes: InputAttributes = { mode };
    return this.#call(`create the directory ${path}`, (done) => this.#sftp.mkdir(path, attributes, done));
  }

  #remove(path: string): Promise<void> {
    return this.#call(`replace ${path}`, (done) => this.#sftp.unlink(path, done));
  }

  #isFolder(path: string): Promise<boolean> {
    const look = this.#call<Stats>(`examine ${path}`, (done) => this.#sftp.stat(path, done));
    return look.then((stats) => stats.isDirectory(), () => false);
  }

  /** @param doing as in `cannot DOING` */
  #call<Value>(doing: string, start: (done: Callback<Value>) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failure);
      this.#under.add(reject);
      start((error, value) => {
        this.#under.delete(reject);
        if (error) reject(fileRefused(doing, { error, where: this.#where }));
        else resolve(value!);
      });
    });
  }

  #fail(reason: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure = reason;
    this.#sftp.end();
    for (const reject of this.#under) reject(reason);
    this.#under.clear();
  }
}

/** The status of SFTP for a path of which a part is not there. */
const NO_SUCH_FILE = 2;

function saysMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === NO_SUCH_FILE;
}
