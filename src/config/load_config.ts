/**
 * Loads the configuration: the YAML file, the secrets file beside it, and the clouds they name. The daemon calls
 * it at start and at every change, `config-validate` once; neither sees YAML or a default.
 */
import { ConfigError, type Problem } from "./config_error.ts";
import type { OtherConfig } from "../domain/other_config.ts";
import { defaultSecurePath, denoEnvironment } from "./deno_environment.ts";
import type { Environment } from "./environment.ts";
import { type LoadedConfig, parseConfig, type ParseOptions } from "./parse_config.ts";
import { exposedFiles, readText } from "./read_text.ts";
import { emptySecrets, readSecureFile } from "./secure_file.ts";

export type { LoadedConfig } from "./parse_config.ts";

interface LoadOptions extends Pick<ParseOptions, "byItself" | "openedState" | "signal"> {
  /** Path of the secrets file, which must then exist; null or left out: none is read. */
  readonly secure?: string | null;
  /** Whether warnings count as errors. */
  readonly strict?: boolean;
  readonly environment?: Environment;
}

/** @throws ConfigError with every problem of every file */
export async function loadConfig(
  path: string,
  { secure = null, strict = false, byItself, openedState, environment = denoEnvironment, signal }:
    LoadOptions = {},
): Promise<LoadedConfig> {
  const problems: Problem[] = [];
  const secrets = await collect(problems, () => readSecureFile(secure, { environment, signal })) ??
    emptySecrets;
  const loaded = await collect(problems, async () => {
    const text = await readText(path, { environment, signal });
    return await parseConfig(text, { file: path, environment, secrets, byItself, openedState, signal });
  });
  if (loaded === null || problems.length > 0) throw new ConfigError(problems);
  const secretive = [
    ...(loaded.holdsSecrets ? [path] : []),
    ...(secrets.file && secrets.holdsSecrets ? [secrets.file] : []),
  ];
  const exposed = await exposedFiles(secretive, { environment, signal });
  const warnings = [...loaded.warnings, ...secrets.warnings, ...exposed];
  if (strict && warnings.length > 0) throw new ConfigError(warnings);
  return {
    ...loaded,
    warnings,
    notices: [...loaded.notices, ...secrets.notices],
  };
}

/**
 * A configuration that is not in force, read from the text that a command sends: with the clouds.yaml, the variables and
 * the secrets of the process that would go by it. For `plan`. @throws ConfigError
 */
export async function loadOtherConfig(
  { file, secure }: OtherConfig,
  options: Pick<LoadOptions, "secure" | "strict" | "openedState" | "signal">,
): Promise<LoadedConfig> {
  const given = secure === null ? [file] : [file, secure];
  const texts = new Map(given.map(({ path, text }) => [path, new TextEncoder().encode(text)]));
  return await loadConfig(file.path, {
    ...options,
    secure: secure?.path ?? options.secure ?? await defaultSecurePath(),
    environment: {
      ...denoEnvironment,
      readFile: (path, how) => {
        const bytes = texts.get(path);
        return bytes === undefined ? denoEnvironment.readFile(path, how) : Promise.resolve(bytes);
      },
    },
  });
}

/** Keeps a ConfigError's problems and goes on, so that one broken file does not hide another's problems. */
async function collect<T>(problems: Problem[], load: () => Promise<T>): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  }
}
