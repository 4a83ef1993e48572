/**
 * The configuration file, read again and again: each reading is whole and good, or an error that says what is wrong
 * with the file as it is now. What becomes of a reading is its caller's. Used by the daemon.
 */
import type { EtcdConfig } from "../domain/etcd_config.ts";
import type { OtherConfig } from "../domain/other_config.ts";
import { loadOtherConfig } from "./other_config.ts";
import { defaultSecurePath } from "./default_secure_path.ts";
import { loadEtcdConfig } from "./load_etcd_config.ts";
import { loadConfig, type LoadedConfig } from "./load_config.ts";

interface Options {
  readonly secure: string | null;
  readonly strict: boolean;
}

/** `stamp`: of the files as they were before it was read. */
interface StampedConfig extends LoadedConfig {
  readonly stamp: string;
}

export class ConfigSource {
  readonly path: string;
  /** The configuration when it was opened. */
  readonly first: StampedConfig;
  readonly #options: Options;

  /** @throws ConfigError */
  static async open(
    path: string,
    { secureFile, strict }: { secureFile: string | null; strict: boolean },
  ): Promise<ConfigSource> {
    const options = { secure: secureFile ?? await defaultSecurePath(), strict };
    return new ConfigSource(path, options, await load(path, options));
  }

  private constructor(path: string, options: Options, first: StampedConfig) {
    this.path = path;
    this.#options = options;
    this.first = first;
  }

  /** @throws ConfigError */
  read(): Promise<StampedConfig> {
    return load(this.path, this.#options);
  }

  /** How etcd is reached by the files as they are now, whatever else is wrong with them. @throws ConfigError */
  readEtcd(): Promise<EtcdConfig> {
    return loadEtcdConfig({ configFile: this.path, secureFile: this.#options.secure });
  }

  /** Another one, from its text, as it would be read in the place of this one. @throws ConfigError */
  readOther(other: OtherConfig, options: { signal?: AbortSignal } = {}): Promise<LoadedConfig> {
    return loadOtherConfig(other, { ...this.#options, ...options });
  }

  /** Changes when the files may have: cheap to ask for every few seconds. */
  stamp(): Promise<string> {
    return stampOf(this.path, this.#options);
  }
}

async function load(path: string, options: Options): Promise<StampedConfig> {
  const stamp = await stampOf(path, options);
  return { ...await loadConfig(path, options), stamp };
}

async function stampOf(path: string, { secure }: Options): Promise<string> {
  const files = secure === null ? [path] : [path, secure];
  const stats = await Promise.all(files.map((file) => Deno.stat(file).catch(() => null)));
  return stats.map((stat) => stat === null ? "none" : `${stat.mtime?.getTime()} ${stat.size} ${stat.ino}`)
    .join(";");
}
