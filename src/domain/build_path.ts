/** Where the files of one build of a diskimage are: planned by the rules, read back from the names in `src/build`. */

interface BuildName {
  readonly name: string;
  readonly version: number;
}

/** The path of a build's files without the format. */
export function buildPath(imagesDir: string, { name, version }: BuildName): string {
  return `${imagesDir}/${fileName(name)}-${version}`;
}

/** The folder of a build's files. */
export function buildFolder(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** The log file of a build. */
export function buildLogFile(buildLogDir: string, { name, version }: BuildName): string {
  return `${buildLogDir}/${fileName(name)}-${version}.log`;
}

/** A slash would lead to another folder, where old files are not looked for. */
function fileName(name: string): string {
  return name.replaceAll(/[%/]/g, encodeURIComponent);
}
