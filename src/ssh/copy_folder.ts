/**
 * Copies a local folder's contents to a server. Files are streamed, a bounded number at once; a folder gets its mode
 * when all that is in it is there, so that a read-only one can be filled. The first failure ends the whole copy.
 */
import { join, posix } from "node:path";
import { atMost } from "../lib/at_most.ts";
import type { RemoteFiles } from "./remote_files.ts";

/** Answers of the server are waited for, so that several at once hide its distance. */
const FILES_AT_ONCE = 8;
const CHUNK = 64 * 1024;

/** A folder's own mode may lack what filling it takes. */
const FILLABLE = 0o700;
const MODE_BITS = 0o7777;

interface Pair {
  readonly local: string;
  readonly remote: string;
}

export class FolderCopy {
  readonly #files: RemoteFiles;
  readonly #failed = new AbortController();
  readonly #over: AbortSignal;
  readonly #inTurn = atMost(FILES_AT_ONCE);

  constructor({ files, signal }: { files: RemoteFiles; signal: AbortSignal }) {
    this.#files = files;
    this.#over = AbortSignal.any([signal, this.#failed.signal]);
  }

  /**
   * @param pair the folder to copy from, and the one to copy into
   * @throws LoginError; Deno.errors.* where something local cannot be read; the signal's reason on abort
   */
  async run(pair: Pair): Promise<void> {
    await this.#folder(pair, { keepMode: true });
    this.#over.throwIfAborted();
  }

  /** @param keepMode whether a remote folder that is there keeps its mode */
  async #folder({ local, remote }: Pair, { keepMode }: { keepMode: boolean }): Promise<void> {
    await this.#orFail(async () => {
      const mode = modeOf(await Deno.stat(local));
      const made = await this.#inTurn(() => this.#files.makeFolder(remote, { mode: mode | FILLABLE }));
      await this.#fill({ local, remote });
      if (made || !keepMode) await this.#inTurn(() => this.#files.setMode(remote, mode));
    });
  }

  async #fill({ local, remote }: Pair): Promise<void> {
    const entries: Promise<void>[] = [];
    for await (const entry of Deno.readDir(local)) {
      const pair = { local: join(local, entry.name), remote: posix.join(remote, entry.name) };
      entries.push(this.#entry(pair, entry));
    }
    await Promise.all(entries);
    this.#over.throwIfAborted();
  }

  #entry(pair: Pair, { isDirectory, isFile, isSymlink }: Deno.DirEntry): Promise<void> {
    if (isDirectory) return this.#folder(pair, { keepMode: false });
    const copy = isFile ? this.#file : isSymlink ? this.#link : refuseSpecial;
    return this.#orFail(() => this.#inTurn(() => copy.call(this, pair)));
  }

  async #file({ local, remote }: Pair): Promise<void> {
    this.#over.throwIfAborted();
    using file = await Deno.open(local);
    const mode = modeOf(await file.stat());
    await this.#files.write(remote, { mode, source: this.#chunksOf(file) });
  }

  async #link({ local, remote }: Pair): Promise<void> {
    await this.#files.link(remote, { to: await Deno.readLink(local) });
  }

  async *#chunksOf(file: Deno.FsFile): AsyncGenerator<Uint8Array> {
    for (;;) {
      this.#over.throwIfAborted();
      const chunk = new Uint8Array(CHUNK);
      const size = await file.read(chunk);
      if (size === null) return;
      yield chunk.subarray(0, size);
    }
  }

  /** Never rejects, so that nothing is left running after the failure that ends the copy. */
  async #orFail(work: () => Promise<void>): Promise<void> {
    if (this.#over.aborted) return;
    await work().catch((error) => this.#failed.abort(error));
  }
}

function refuseSpecial({ local }: Pair): Promise<never> {
  throw new Deno.errors.NotSupported(`cannot copy ${local}: not a file, directory or symbolic link`);
}

function modeOf({ mode }: Deno.FileInfo): number {
  return (mode ?? 0) & MODE_BITS;
}
