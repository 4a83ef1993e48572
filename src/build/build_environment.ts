/** The environment of a build, from the configuration: pure. The executor calls it for each build. */
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
