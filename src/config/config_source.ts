/**
 * The configuration file, read again and again: each reading is whole and good, or an error that says what is wrong
 * with the file as it is now. What becomes of a reading is its caller's. Used by the daemon.
 */
import type { OtherConfig } from "../domain/other_config.ts";
import { loadOtherConfig } from "./other_config.ts";
import { defaultSecurePath } from "./default_secure_path.ts";
import { loadConfig, type LoadedConfig } from "./load_config.ts";

export class ConfigSource {
  readonly path: string;
  /** The configuration when it was opened. */
  readonly first: LoadedConfig;
  readonly #options: { readonly secure: string | null; readonly strict: boolean };

  /** @throws ConfigError */
  static async open(
    path: string,
    { secureFile, strict }: { secureFile: string | null; strict: boolean },
  ): Promise<ConfigSource> {
    const options = { secure: secureFile ?? await defaultSecurePath(), strict };
    return new ConfigSource(path, options, await loadConfig(path, options));
  }

  private constructor(
    path: string,
    options: { readonly secure: string | null; readonly strict: boolean },
    first: LoadedConfig,
  ) {
    this.path = path;
    this.#options = options;
    this.first = first;
  }

  /** @throws ConfigError */
  read(): Promise<LoadedConfig> {
    return loadConfig(this.path, this.#options);
  }

  /** Another one, from its text, as it would be read in the place of this one. @throws ConfigError */
  readOther(other: OtherConfig, options: { signal?: AbortSignal } = {}): Promise<LoadedConfig> {
    return loadOtherConfig(other, { ...this.#options, ...options });
  }

  /** Changes when the files may have: cheap to ask for every few seconds. */
  async stamp(): Promise<string> {
    const { secure } = this.#options;
    const files = secure === null ? [this.path] : [this.path, secure];
    const stats = await Promise.all(files.map((file) => Deno.stat(file).catch(() => null)));
    return stats.map((stat) => stat === null ? "none" : `${stat.mtime?.getTime()} ${stat.size} ${stat.ino}`)
      .join(";");
  }
}
