/**
 * Faults of files on this machine without which a server would be booted for nothing: private keys, and scripts of
 * `script-dir`; and of folders whose builds would be taken for removed: their disks are not mounted. Looked at before plans, at most every few seconds, so that labels wait while one is wrong and go on by
 * themselves once it is right. The pool holds it and asks before each tick; plans are given what it found.
 */
import type { Config } from "../domain/config.ts";
import { localFiles } from "../domain/local_files.ts";
import { type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";

export interface LocalFaultsDeps {
  readonly clock: Pick<Clock, "now">;
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

export class LocalFaults {
  readonly #deps: LocalFaultsDeps;
  #looked: { readonly at: Instant; readonly config: Config } | null = null;
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
    const { clock } = this.#deps;
    if (this.#looked?.config === config && clock.now() - this.#looked.at < PERIOD) return;
    const { keys, scripts } = localFiles(config);
    const [folders = [], ...looks] = await Promise.all([
      this.#deps.lookAtBuilds?.(),
      ...keys.map((path) => whyOf(path, () => this.#deps.readKey(path).then(() => null))),
      ...scripts.map((path) => whyOf(path, () => this.#whyNoScript(path))),
    ]);
    for (const [path, problem] of folders) if (!this.found.has(path)) log.warning("{problem}", { problem });
    const files = looks.flatMap(([path, why]) => why === null ? [] : [[path, why] as const]);
    this.found = new Map([...folders, ...files]);
    this.#looked = { at: clock.now(), config };
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

/** A file that cannot even be looked at is of no use either, and says nothing of the others. */
async function whyOf(
  path: string,
  look: () => Promise<string | null>,
): Promise<readonly [string, string | null]> {
  return [path, await look().catch(errorChain)];
}
