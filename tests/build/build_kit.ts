/** Builds in a folder of their own, by a `disk-image-create` that the test writes. */
import { rejects } from "node:assert/strict";
import { join } from "node:path";
import { buildLogFile, buildPath } from "../../src/domain/build_path.ts";
import { type Builder, BuildError, type BuildJob } from "../../src/build/builder.ts";
import { createDiskimageBuilder, type DiskimageBuilderOptions } from "../../src/build/diskimage_builder.ts";
import { script } from "./processes.ts";

/** The head of a `disk-image-create`: sets `formats` and `path` from its arguments, and has `make CONTENT` for all files. */
export const BUILD = `#!/bin/bash
args=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    -t) formats=\${2//,/ }; shift ;;
    -o) path=$2; shift ;;
  esac
  shift
done
make() { for format in $formats; do printf %s "$1 in $format" >"$path.$format"; done; }
`;

interface BuildKit extends AsyncDisposable {
  readonly folder: string;
  readonly builder: Builder;
  readonly job: BuildJob;
}

interface KitOptions extends DiskimageBuilderOptions {
  readonly job?: Partial<BuildJob>;
}

/** @param text the program, a shell script; null: there is none */
export async function buildKit(
  text: string | null,
  { job, ...options }: KitOptions = {},
): Promise<BuildKit> {
  const folder = await Deno.makeTempDir({ prefix: "build-" });
  if (text !== null) await script(folder, { name: "disk-image-create", text });
  const path = `${folder}:${Deno.env.get("PATH")}`;
  return {
    folder,
    builder: createDiskimageBuilder({ grace: 1_000, ...options }),
    job: { ...jobIn(folder), environment: { PATH: path }, ...job },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Version 17 of the diskimage `tiny`, in qcow2 and raw. */
export function jobIn(folder: string): BuildJob {
  const build = { name: "tiny", version: 17 };
  return {
    name: build.name,
    path: buildPath(join(folder, "images"), build),
    formats: ["qcow2", "raw"],
    elements: ["one", "two"],
    environment: {},
    logFile: buildLogFile(join(folder, "logs"), build),
    timeout: 60_000,
    last: null,
  };
}

/** The limits of a build that nobody aborts. */
export function unaborted(): { signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

/** The error that a build ends with. */
export async function failureOfBuild(build: Promise<unknown>): Promise<BuildError> {
  let found: BuildError | null = null;
  await rejects(build, (error) => {
    if (error instanceof BuildError) found = error;
    return found !== null;
  });
  return found!;
}
