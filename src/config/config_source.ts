/**
 * The configuration file, read again and again: each reading is complete and valid, or an error that says what is
 * wrong with the file now. The caller decides what to do with a reading. Used by the daemon.
 */
import type { EtcdConfig } from "../domain/etcd_config.ts";
import type { OtherConfig } from "../domain/other_config.ts";
import type { Environment } from "./environment.ts";
import { defaultSecurePath, denoEnvironment } from "./deno_environment.ts";
import { loadEtcdConfig } from "./load_etcd_config.ts";
import { loadConfig, type LoadedConfig, loadOtherConfig } from "./load_config.ts";

interface Options {
  /** The secrets file that was named; null: the default one, where there is one. */
  readonly secureFile: string | null;
  readonly strict: boolean;
  /** The machine, if nothing is said. */
  readonly environment?: Environment;
}

/** `stamp`: of the files as they were when they were read. */
interface StampedConfig extends LoadedConfig {
  readonly stamp: string;
}

/** Of files that change while they are read. */
const MOST_READINGS = 3;

export class ConfigSource {
  readonly path: string;
  readonly #options: Required<Options>;
  #first: StampedConfig | null = null;
  #newest: StampedConfig | null = null;
  /** Which reading that was, of all that have begun. */
  #newestNumber = 0;
  #begun = 0;
  /** Those of the newest reading, whether it succeeded or not. */
  #files: FilesRead;

  /** @throws ConfigError */
  static async open(path: string, options: Options): Promise<ConfigSource> {
    const source = new ConfigSource(path, options);
    source.#first = await source.read();
    return source;
  }

  private constructor(path: string, { secureFile, strict, environment = denoEnvironment }: Options) {
    this.path = path;
    this.#options = { secureFile, strict, environment };
    this.#files = new FilesRead(environment);
  }

  /** The configuration when it was opened. */
  get first(): StampedConfig {
    return this.#first!;
  }

  /** The newest reading that was good. */
  get newest(): StampedConfig {
    return this.#newest!;
  }

  /** A file that changes meanwhile is read once more. @throws ConfigError */
  async read(): Promise<StampedConfig> {
    const number = ++this.#begun;
    const config = await this.#readWhole();
    if (number > this.#newestNumber) [this.#newestNumber, this.#newest] = [number, config];
    return config;
  }

  async #readWhole(): Promise<StampedConfig> {
    for (let left = MOST_READINGS;; left--) {
      const files = new FilesRead(this.#options.environment);
      const reading = this.#load(files);
      await reading.catch(() => {});
      this.#files = files;
      if (left > 1 && await files.stampNow() !== files.stamp) continue;
      return { ...await reading, stamp: files.stamp };
    }
  }

  /** How etcd is reached by the files as they are now, whatever else is wrong with them. @throws ConfigError */
  async readEtcd(): Promise<EtcdConfig> {
    return await loadEtcdConfig({ configFile: this.path, secureFile: this.#options.secureFile });
  }

  /** Another one, from its text, as it would be read in the place of this one. @throws ConfigError */
  async readOther(other: OtherConfig, options: { signal?: AbortSignal } = {}): Promise<LoadedConfig> {
    const { secureFile: secure, strict } = this.#options;
    return await loadOtherConfig(other, { secure, strict, openedState: this.#openedState, ...options });
  }

  /** Changes when the files may have, clouds.yaml and private keys among them: cheap to ask for every few seconds. */
  stamp(): Promise<string> {
    return this.#files.stampNow();
  }

  get #openedState(): string | undefined {
    return this.#first?.config.state;
  }

  async #load({ environment }: FilesRead): Promise<LoadedConfig> {
    const { secureFile, strict } = this.#options;
    const secure = secureFile ?? await defaultSecurePath(environment);
    return await loadConfig(this.path, { secure, strict, environment, openedState: this.#openedState });
  }
}

/**
 * The files that one reading has read, or wanted to, and how each stood right before: whether they have changed since is
 * seen without reading them.
 */
class FilesRead {
  readonly #stamps = new Map<string, string>();
  /** The machine, as it is to be read. */
  readonly environment: Environment;

  constructor(machine: Environment) {
    this.environment = {
      ...machine,
      readFile: async (path, options) => {
        if (!this.#stamps.has(path)) this.#stamps.set(path, await stampOf(path));
        return await machine.readFile(path, options);
      },
      // It may come: secure.conf, or a clouds.yaml that is looked for before the one that is there.
      stat: async (path, options) => {
        const facts = await machine.stat(path, options);
        if (facts === null) this.#stamps.set(path, ABSENT);
        return facts;
      },
    };
  }

  /** Of all of them, as they were. */
  get stamp(): string {
    return join(this.#stamps);
  }

  /** Of the same files as they are now. */
  async stampNow(): Promise<string> {
    const paths = [...this.#stamps.keys()];
    return join(await Promise.all(paths.map(async (path) => [path, await stampOf(path)] as const)));
  }
}

/** In the order of their paths: what is read at the same time comes in any. */
function join(stamps: Iterable<readonly [path: string, stamp: string]>): string {
  return [...stamps].map((pair) => pair.join(" ")).sort().join("\n");
}

const ABSENT = "none";

async function stampOf(path: string): Promise<string> {
  const stat = await Deno.stat(path).catch(() => null);
  return stat === null ? ABSENT : `${stat.mtime?.getTime()} ${stat.size} ${stat.ino}`;
}
