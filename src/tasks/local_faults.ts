/**
 * Faults of files on this machine without which a server would be booted for nothing: private keys, and scripts of
 * `script-dir`; and of folders whose builds would be taken for removed: their disks are not mounted. Looked at before
 * plans, at most every few seconds, so that labels wait while one is wrong and go on by themselves once it is right. The
 * pool holds it and asks before each tick; plans are given what it found.
 */
import type { Config } from "../domain/config.ts";
import { localFiles } from "../domain/local_files.ts";
import { FILES_LOST_AFTER } from "../domain/build_places.ts";
import { type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import { NEVER } from "../lib/call.ts";
import type { Clock } from "../lib/clock.ts";
import { inTime, TimeUpError } from "../lib/deadline.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";

export interface LocalFaultsDeps {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** @throws where it is no key that can be used */
  readonly readKey: (path: string) => Promise<unknown>;
  /** null: nothing is there, or it cannot be seen. */
  readonly stat: (path: string) => Promise<FileLook | null>;
  /** Why folders with builds are not in their place, by path; left out: builds are elsewhere. */
  readonly lookAtBuilds?: () => Promise<ReadonlyMap<string, string>>;
}

interface FileLook {
  readonly isFile: boolean;
  /** Unix permission bits; null where the system has none. */
  readonly mode: number | null;
}

const log = loggerOf("image", "build");

const PERIOD: Milliseconds = 5 * SECOND;

/** A file system that does not answer holds up one tick, and that one no longer. */
const PATIENCE: Milliseconds = 2 * SECOND;

export class LocalFaults {
  readonly #deps: LocalFaultsDeps;
  #looked: { readonly at: Instant; readonly config: Config } | null = null;
  /** The looks that go on, by what is looked at: one whose file system does not answer has no second beside it. */
  readonly #looking = new Map<string, Promise<unknown>>();
  #folders: ReadonlyMap<string, string> = new Map();
  /** By path: since when a folder with builds is not in its place. */
  #missing: ReadonlyMap<string, Instant> = new Map();
  /** By path: why the file or folder is of no use. */
  found: ReadonlyMap<string, string> = new Map();

  constructor(deps: LocalFaultsDeps) {
    this.#deps = deps;
  }

  /** When to look again if nothing else happens: something may be put right; null: all is. */
  get again(): Instant | null {
    return this.found.size === 0 || this.#looked === null ? null : this.#looked.at + PERIOD;
  }

  /** Looks at every file that the configuration names, unless that was done a moment ago. */
  async look(config: Config): Promise<void> {
    const { clock, readKey, lookAtBuilds } = this.#deps;
    if (this.#looked?.config === config && clock.now() - this.#looked.at < PERIOD) return;
    const { keys, scripts } = localFiles(config);
    const [folders, ...looks] = await Promise.all([
      lookAtBuilds && this.#inTime("", lookAtBuilds, this.#folders),
      ...keys.map((path) => this.#whyOf(path, () => readKey(path).then(() => null))),
      ...scripts.map((path) => this.#whyOf(path, () => this.#whyNoScript(path))),
    ]);
    this.#folders = folders ?? this.#folders;
    const files = looks.flatMap(([path, why]) => why === null ? [] : [[path, why] as const]);
    this.found = new Map([...this.#whyWaited(), ...files]);
    this.#looked = { at: clock.now(), config };
  }

  /** A file that cannot even be looked at is of no use either, and says nothing of the others. */
  async #whyOf(path: string, look: () => Promise<string | null>): Promise<readonly [string, string | null]> {
    const silent = `cannot look at ${path}: its file system does not answer`;
    return [path, await this.#inTime(path, () => look().catch(errorChain), silent)];
  }

  async #inTime<Found>(what: string, look: () => Promise<Found>, otherwise: Found): Promise<Found> {
    const begun = this.#looking.get(what) as Promise<Found> | undefined;
    const looking = begun ?? look().finally(() => this.#looking.delete(what));
    this.#looking.set(what, looking);
    const timeout = begun === undefined ? PATIENCE : 0;
    try {
      return await inTime(looking, { clock: this.#deps.clock, timeout, ...NEVER });
    } catch (error) {
      if (!(error instanceof TimeUpError)) throw error;
      return otherwise;
    }
  }

  /** Those that may still come back. */
  #whyWaited(): (readonly [string, string])[] {
    const now = this.#deps.clock.now();
    const before = this.#missing;
    this.#missing = new Map(this.#folders.keys().map((path) => [path, before.get(path) ?? now]));
    return [...this.#folders].filter(([path, problem]) => {
      if (!before.has(path)) log.warning("{problem}", { problem });
      const isLost = now - this.#missing.get(path)! >= FILES_LOST_AFTER;
      if (isLost && this.found.has(path)) {
        log.warning("the images built in {folder} are taken as lost", { folder: path });
      }
      return !isLost;
    });
  }

  async #whyNoScript(path: string): Promise<string | null> {
    const look = await this.#deps.stat(path);
    if (look === null) return `there is no script ${path}`;
    if (!look.isFile) return `${path} is not a file`;
    return look.mode === null || (look.mode & 0o111) !== 0
      ? null
      : `the script ${path} is not executable; run chmod +x on it`;
  }
}
