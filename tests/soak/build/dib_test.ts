/** Builds by the real diskimage-builder: a tiny operating system, in some seconds. */
import { MARKER } from "../../../src/build/folder_marker.ts";
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { failureOfBuild, unaborted } from "../../build/build_kit.ts";
import { eventually } from "../../eventually.ts";
import { testNeeding } from "../../needs.ts";
import { dibKit, dibNeeds } from "../../build/dib_kit.ts";

function test(name: string, fn: () => Promise<void>): void {
  testNeeding(dibNeeds, `diskimage-builder ${name}`, fn);
}

async function outputOf(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  return new TextDecoder().decode(stdout);
}

test("builds all formats in one run, and remove() takes all of it", async () => {
  await using kit = await dibKit();
  const job = kit.job("shows");
  const files = await kit.builder.build(job, unaborted());
  deepEqual(files.map(({ format }) => format), ["qcow2", "raw"]);
  for (const { format, size, md5, sha512 } of files) {
    const file = `${job.path}.${format}`;
    equal(size, (await Deno.stat(file)).size);
    match(await outputOf("md5sum", file), new RegExp(`^${md5} `));
    match(await outputOf("sha512sum", file), new RegExp(`^${sha512} `));
  }
  const info = JSON.parse(await outputOf("qemu-img", "info", "--output=json", `${job.path}.qcow2`));
  deepEqual([info.format, info["format-specific"].data.compat], ["qcow2", "0.10"]);
  const log = await Deno.readTextFile(job.logFile);
  match(log, new RegExp(`\\| built: tiny bookworm ${job.path} /scripts\\n`));
  match(log, /Build completed successfully\n/);
  deepEqual(await kit.left(), []);

  const { size, open } = await kit.builder.open(job.path, "raw");
  let bytes = 0;
  for await (const chunk of open()) bytes += chunk.length;
  equal(bytes, size);
  await kit.builder.remove(job.path);
  deepEqual([...Deno.readDirSync(`${kit.folder}/images`)].map(({ name }) => name), [MARKER]);
});

test("shows in the last lines why an element failed", async () => {
  await using kit = await dibKit();
  const error = await failureOfBuild(kit.builder.build(kit.job("fails"), unaborted()));
  equal(error.kind, "exit");
  match(error.message, /^the build of tiny failed with exit code [1-9]/);
  match(error.tail, /\| this element always fails\n/);
  deepEqual(await kit.left(), []);
});

test("says so where an element is missing", async () => {
  await using kit = await dibKit();
  const error = await failureOfBuild(kit.builder.build(kit.job("no-such-element"), unaborted()));
  equal(error.kind, "exit");
  match(error.tail, /no-such-element/);
  deepEqual(await kit.left(), []);
});

test("gives back mounts, loop devices and folders when its build is aborted", async () => {
  await using kit = await dibKit();
  const job = kit.job("waits");
  const controller = new AbortController();
  const building = rejects(kit.builder.build(job, { signal: controller.signal }), /^Error: enough$/);
  await eventually(() => waits(job.logFile));
  const held = (await kit.left()).join("\n");
  for (const what of [/^mount .*\/mnt\/dev$/m, /^loop /m, /^folder dib_build/m]) match(held, what);
  controller.abort(new Error("enough"));
  await building;
  deepEqual(await kit.left(), []);
  match(await Deno.readTextFile(job.logFile), /cleanup_image_dir/);
});

test("gives them back when the process that builds is killed", async () => {
  await using kit = await dibKit();
  const { path, environment, elements } = kit.job("waits");
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      fileURLToPath(new URL("../../build/command_holder.ts", import.meta.url)),
      "disk-image-create",
      ...["-x", "-t", "raw", "--no-tmpfs", "-o", path, ...elements],
    ],
    env: { NODEPOOL_HOLDER_ENVIRONMENT: JSON.stringify(environment) },
    stdout: "piped",
  }).spawn();
  let output = "";
  for await (const chunk of holder.stdout) {
    output += new TextDecoder().decode(chunk);
    if (output.includes("| the build waits\n")) break;
  }
  ok((await kit.left()).length > 0, output);
  holder.kill("SIGKILL");
  await holder.status;
  await eventually(async () => (await kit.left()).length === 0);
});

function waits(logFile: string): boolean {
  try {
    return Deno.readTextFileSync(logFile).includes("| the build waits\n");
  } catch {
    return false;
  }
}
