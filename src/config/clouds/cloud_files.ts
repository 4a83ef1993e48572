/**
 * Finds and reads clouds.yaml, secure.yaml and clouds-public.yaml where openstacksdk looks for them: the file
 * that a variable names, then the working directory, the user's and the site's configuration directories.
 */
import { ConfigError, type Problem } from "../config_error.ts";
import type { Environment } from "../environment.ts";
import { fileProblem, isBlankYaml, type Reading, readText } from "../read_text.ts";
import { readYaml } from "../read_yaml.ts";
import { plainValue } from "../yaml_node.ts";
import { isSettings, type Settings } from "./settings.ts";

interface CloudFile {
  readonly path: string;
  readonly settings: Settings;
}

export interface CloudFiles {
  readonly clouds: CloudFile | null;
  readonly secure: CloudFile | null;
  readonly vendors: CloudFile | null;
  /** Where clouds.yaml was looked for, for the message that it is not there. */
  readonly searched: readonly string[];
  /** Files that are there and cannot be read as a mapping in YAML. */
  readonly problems: readonly Problem[];
}

/** Every file that there is; a broken one is left out and reported as a problem. */
export async function readCloudFiles({ environment, signal }: Reading): Promise<CloudFiles> {
  const problems: Problem[] = [];
  const read = (paths: readonly string[]) => firstFile(paths, { environment, signal, problems });
  const clouds = candidates("clouds", { environment, variable: "OS_CLIENT_CONFIG_FILE" });
  const secure = candidates("secure", { environment, variable: "OS_CLIENT_SECURE_FILE" });
  return {
    clouds: await read(clouds),
    secure: await read(secure),
    vendors: await read(candidates("clouds-public", { environment, variable: null })),
    searched: clouds.filter((path) => path.endsWith(".yaml") || path === clouds[0]),
    problems,
  };
}

function candidates(
  name: string,
  { environment, variable }: { environment: Environment; variable: string | null },
): string[] {
  const named = variable === null ? undefined : environment.env(variable);
  const paths = searchPath(environment).flatMap((directory) =>
    [".yaml", ".yml", ".json"].map((suffix) => `${directory}/${name}${suffix}`)
  );
  return [...(named ? [named] : []), ...new Set(paths)];
}

function searchPath(environment: Environment): string[] {
  const home = environment.home().replace(/\/$/, "");
  const site = (environment.env("XDG_CONFIG_DIRS") || "/etc/xdg").split(":").filter((path) => path !== "");
  return [
    environment.cwd().replace(/\/$/, ""),
    `${environment.env("XDG_CONFIG_HOME") || `${home}/.config`}/openstack`,
    `${environment.env("SNAP_REAL_HOME") || home}/.config/openstack`,
    ...site.map((directory) => `${directory.replace(/\/$/, "")}/openstack`),
    "/etc/openstack",
  ];
}

/** The first that exists and may be read; what is there but forbidden is passed over, as openstacksdk does. */
async function firstFile(
  paths: readonly string[],
  { environment, signal, problems }: Reading & { problems: Problem[] },
): Promise<CloudFile | null> {
  for (const path of paths) {
    if (!(await environment.stat(path, { signal }))?.isFile) continue;
    try {
      const text = await readText(path, { environment, signal });
      if (isBlankYaml(text)) return { path, settings: {} };
      const { root, problems: found } = readYaml(text, path);
      problems.push(...found);
      const settings = root === null ? null : plainValue(root);
      if (isSettings(settings)) return { path, settings };
      if (root !== null) {
        problems.push(fileProblem(path, "is not a mapping, such as one with the key clouds"));
      }
      return null;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      if (error.cause instanceof Deno.errors.PermissionDenied) continue;
      problems.push(...error.problems);
      return null;
    }
  }
  return null;
}
