/**
 * A configuration that is not in force, read from the text that a command sends: with the clouds.yaml, the variables and
 * the secrets of the process that would go by it. For `plan`.
 */
import type { OtherConfig } from "../domain/other_config.ts";
import { denoEnvironment } from "./deno_environment.ts";
import { defaultSecurePath } from "./default_secure_path.ts";
import { loadConfig, type LoadedConfig } from "./load_config.ts";

/** @throws ConfigError */
export async function loadOtherConfig(
  { file, secure }: OtherConfig,
  options: { secure: string | null; strict: boolean; openedState?: string | undefined; signal?: AbortSignal },
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
