/**
 * What is wrong with files on this machine without which a server would be booted in vain: private keys, and scripts
 * of `script-dir`. Looked at every few seconds, so that labels wait while one is wrong and go on by themselves once it
 * is right. The pool holds it; plans are given what it found.
 */
import type { Config } from "../domain/config.ts";
import { localFiles } from "../domain/local_files.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { createTask, type Task } from "./task.ts";

export interface LocalFaultsMeans {
  readonly clock: Clock;
  /** The configuration in force. */
  readonly config: () => Config;
  /** @throws where it is no key that can be used */
  readonly readKey: (path: string) => Promise<unknown>;
  /** null: nothing is there, or it cannot be seen. */
  readonly stat: (path: string) => Promise<FileLook | null>;
  /** Called when something has changed. */
  readonly wake: () => void;
  readonly onError: (task: string, error: unknown) => void;
}

export interface FileLook {
  readonly isFile: boolean;
  /** Unix permission bits; null where the system has none. */
  readonly mode: number | null;
}

const PERIOD: Milliseconds = 5 * SECOND;

export class LocalFaults implements AsyncDisposable {
  readonly #means: LocalFaultsMeans;
  readonly task: Task;
  #found: ReadonlyMap<string, string> = new Map();

  constructor(means: LocalFaultsMeans) {
    this.#means = means;
    this.task = createTask({
      name: "local files",
      period: PERIOD,
      clock: means.clock,
      run: () => this.look(),
      onError: (error) => means.onError("local files", error),
    });
  }

  /** By path: why the file is of no use. */
  get found(): ReadonlyMap<string, string> {
    return this.#found;
  }

  /** Looks at every file that the configuration names; left out: the one in force. */
  async look(config = this.#means.config()): Promise<void> {
    const { keys, scripts } = localFiles(config);
    const looks = await Promise.all([
      ...keys.map(async (path) => [path, await this.#whyNoKey(path)] as const),
      ...scripts.map(async (path) => [path, await this.#whyNoScript(path)] as const),
    ]);
    const found = new Map(looks.flatMap(([path, why]) => why === null ? [] : [[path, why] as const]));
    const isSame = JSON.stringify([...found]) === JSON.stringify([...this.#found]);
    this.#found = found;
    if (!isSame) this.#means.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.task[Symbol.asyncDispose]();
  }

  async #whyNoKey(path: string): Promise<string | null> {
    try {
      await this.#means.readKey(path);
      return null;
    } catch (error) {
      return errorChain(error);
    }
  }

  async #whyNoScript(path: string): Promise<string | null> {
    const look = await this.#means.stat(path);
    if (look === null) return `there is no script ${path}`;
    if (!look.isFile) return `${path} is no file`;
    return look.mode === null || (look.mode & 0o111) !== 0
      ? null
      : `the script ${path} may not be executed; run chmod +x on it`;
  }
}
