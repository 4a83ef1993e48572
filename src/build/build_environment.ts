/** The environment of a build: what comes from the configuration, and what from the daemon's own. Pure. */
import type { Config, DiskimageConfig } from "../domain/config.ts";

/**
 * Elements, release and env-vars of a diskimage come after those of its parents, and win over them; env-vars win over
 * what is set here.
 * @param options `path` is that of the build's files without the format
 */
export function buildInputs(
  diskimage: DiskimageConfig,
  { config, path }: { config: Pick<Config, "diskimages" | "elementsDir" | "scriptDir">; path: string },
) {
  const line = withParents(diskimage, config.diskimages);
  const given = Object.entries({
    DIB_RELEASE: line.findLast(({ release }) => release !== null)?.release ?? null,
    DIB_IMAGE_NAME: diskimage.name,
    DIB_IMAGE_FILENAME: path,
    ELEMENTS_PATH: config.elementsDir,
    NODEPOOL_SCRIPTDIR: config.scriptDir,
  }).flatMap(([name, value]) => value === null ? [] : [[name, value] as const]);
  const own: Record<string, string> = Object.fromEntries(given);
  return {
    elements: [...new Set(line.flatMap(({ elements }) => elements))],
    environment: line.reduce((all, { envVars }) => ({ ...all, ...envVars }), own),
  };
}

/** The first parent first. Circles are refused with the configuration; one would only end the line here. */
function withParents(
  diskimage: DiskimageConfig,
  all: readonly DiskimageConfig[],
): readonly DiskimageConfig[] {
  const line = [diskimage];
  for (;;) {
    const parent = all.find(({ name }) => name === line[0]!.parent);
    if (parent === undefined || line.includes(parent)) return line;
    line.unshift(parent);
  }
}

const NAMES: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
  "TMP_DIR",
  "XDG_CACHE_HOME",
  "ELEMENTS_PATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
]);

/** In either case: programs do not agree. */
const PROXIES = /^(http|https|ftp|all|no)_proxy$/i;

/** A path of this machine's that is the daemon's own affair. */
export const CONFIG_VARIABLE = "NODEPOOL_CONFIG";

const FAMILIES = /^(LC|DIB|NODEPOOL)_/;

/**
 * The part of the daemon's environment that a build gets: variables that programs need, and those meant for builds.
 * Elements are other people's scripts; they must not see a cloud's password (`OS_PASSWORD`). Whatever else
 * an element needs is set by the image's `env-vars`.
 * @param all the environment of this process, or as much of it as may be seen
 */
export function inheritedEnvironment(all: Readonly<Record<string, string>>): Record<string, string> {
  const isInherited = (name: string) =>
    name !== CONFIG_VARIABLE && (NAMES.has(name) || PROXIES.test(name) || FAMILIES.test(name));
  return Object.fromEntries(Object.entries(all).filter(([name]) => isInherited(name)));
}
