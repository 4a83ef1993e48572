/**
 * The configuration file over time: what is in force, what changed, and what is wrong with the file as it is now.
 * A file that cannot be used changes nothing; the last good configuration stays in force. Used by the daemon.
 */
import { ConfigError, formatProblem } from "./config_error.ts";
import { diffConfig } from "./diff_config.ts";
import { defaultSecurePath, loadConfig, type LoadedConfig } from "./load_config.ts";

interface ConfigReading {
  /** The new configuration; null: nothing changed, or it cannot be used. */
  readonly loaded: LoadedConfig | null;
  /** What changed, one line each. */
  readonly changes: readonly string[];
  /** Why it cannot be used, one line each. */
  readonly problems: readonly string[];
}

export class ConfigSource {
  readonly path: string;
  readonly #options: { readonly secure: string | null; readonly strict: boolean };
  #current: LoadedConfig;

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
    loaded: LoadedConfig,
  ) {
    this.path = path;
    this.#options = options;
    this.#current = loaded;
  }

  /** The last good configuration. */
  get current(): LoadedConfig {
    return this.#current;
  }

  async read(): Promise<ConfigReading> {
    try {
      const loaded = await loadConfig(this.path, this.#options);
      const changes = diffConfig(this.#current.config, loaded.config);
      if (changes.length === 0) return { loaded: null, changes, problems: [] };
      this.#current = loaded;
      return { loaded, changes, problems: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { loaded: null, changes: [], problems: error.problems.map(formatProblem) };
    }
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
