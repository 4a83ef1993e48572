/** The clouds that this machine knows, for `init` to choose from. */
import { ConfigError } from "../config_error.ts";
import type { Environment } from "../environment.ts";
import { readCloudFiles } from "./cloud_files.ts";
import { defaultCloud, knownClouds } from "./cloud_settings.ts";
import { environmentCloud } from "./environment_cloud.ts";

interface CloudNames {
  readonly names: readonly string[];
  /** The one meant where none is named; null: several, or none. */
  readonly meant: string | null;
  /** Where clouds.yaml was looked for. */
  readonly searched: readonly string[];
}

/** @throws ConfigError where a file cannot be read, CloudSettingsError */
export async function cloudNames(options: { environment: Environment }): Promise<CloudNames> {
  const sources = { files: await readCloudFiles(options), variables: environmentCloud(options.environment) };
  const { problems, searched } = sources.files;
  if (problems.length > 0) throw new ConfigError(problems);
  return { names: Object.keys(knownClouds(sources)), meant: defaultCloud(sources), searched };
}
