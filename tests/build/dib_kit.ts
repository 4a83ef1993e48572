/** Builds by the real diskimage-builder in a folder of their own, and what such a build may leave behind. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildJob } from "../../src/build/builder.ts";
import { createDiskimageBuilder } from "../../src/build/diskimage_builder.ts";
import { buildInputs } from "../../src/build/build_environment.ts";
import type { Need } from "../needs.ts";
import { jobIn } from "./build_kit.ts";

/** Shims for a root without device-mapper, and elements. */
const shared = fileURLToPath(new URL("dib", import.meta.url));

/** Elements: `tiny` is an operating system that needs nothing of the network. */
export const dibElements = `${shared}/elements`;

/** What builds need: diskimage-builder mounts what it builds. */
export const dibNeeds: readonly Need[] = ["mount", "disk-image-create", "qemu-img"];

export async function dibKit() {
  const folder = await Deno.makeTempDir({ prefix: "dib-" });
  const temporary = join(folder, "tmp");
  await Deno.mkdir(temporary);
  await Deno.mkdir(join(folder, "elements"));
  return {
    folder,
    builder: createDiskimageBuilder(),
    /** A build of the tiny operating system with further elements. */
    job: (...elements: string[]) => jobWith(folder, elements),
    /** Mounts, loop devices and folders that builds have left. */
    left: () => leftIn(temporary),
    async [Symbol.asyncDispose]() {
      if ((await leftIn(temporary)).some((line) => line.startsWith("mount"))) return;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** All that builds need of this machine lies in the folder. */
export function dibEnvironment(folder: string): Record<string, string> {
  return {
    PATH: `${shared}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    TMP_DIR: join(folder, "tmp"),
    DIB_IMAGE_CACHE: join(folder, "cache"),
    DIB_LOCKFILES: join(folder, "locks"),
    DIB_JOURNAL_SIZE: "4",
  };
}

function jobWith(folder: string, elements: readonly string[]): BuildJob {
  const job = jobIn(folder);
  const diskimage = {
    name: job.name,
    elements: ["tiny", ...elements],
    release: "bookworm",
    // The element base, which is always built otherwise, needs packages.
    envVars: { ...dibEnvironment(folder), SKIP_BASE: "1" },
    formats: job.formats,
    pause: false,
    buildTimeout: job.timeout,
    rebuildAge: 0,
    parent: null,
  };
  const config = {
    diskimages: [diskimage],
    elementsDir: `${folder}/elements:${dibElements}`,
    scriptDir: "/scripts",
  };
  return { ...job, ...buildInputs(diskimage, { config, path: job.path }), timeout: 300_000 };
}

async function leftIn(temporary: string): Promise<string[]> {
  const mounts = (await Deno.readTextFile("/proc/self/mounts")).split("\n")
    .filter((line) => line.includes(temporary)).map((line) => `mount ${line.split(" ")[1]}`);
  const loops: string[] = [];
  for await (const { name } of Deno.readDir("/sys/block")) {
    const file = await Deno.readTextFile(`/sys/block/${name}/loop/backing_file`).catch(() => "");
    if (file.includes(temporary)) loops.push(`loop ${file.trim()}`);
  }
  const folders = [...Deno.readDirSync(temporary)].map(({ name }) => `folder ${name}`);
  return [...mounts, ...loops, ...folders];
}
