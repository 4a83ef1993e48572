/** Builds by scripts in the place of `disk-image-create`: what a build gives, and every way in which one fails. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { MARKER } from "../../src/build/folder_marker.ts";
import { BUILD, buildKit, failureOfBuild, unaborted } from "./build_kit.ts";
import { eventually } from "../eventually.ts";
import { exists } from "../exists.ts";

Deno.test("a build gives the size and hashes of every format", async () => {
  await using kit = await buildKit(`${BUILD}make image; mkdir "$path.d"; echo made >&2\n`);
  const files = await kit.builder.build(kit.job, unaborted());
  deepEqual(
    files,
    ["qcow2", "raw"].map((format) => {
      const content = `image in ${format}`;
      const hash = (name: string) => createHash(name).update(content).digest("hex");
      return { format, size: content.length, md5: hash("md5"), sha512: hash("sha512") };
    }),
  );
});

Deno.test("a build has its arguments, its environment and a log of both outputs", async () => {
  await using kit = await buildKit(
    `${BUILD}make x; printf '<%s>' "\${args[@]}"; echo "$DIB_RELEASE" >&2; echo "$HOME"\n`,
  );
  const environment = { ...kit.job.environment, DIB_RELEASE: "noble and numbat" };
  await kit.builder.build({ ...kit.job, environment }, unaborted());
  const words = [
    "-x",
    "-t",
    "qcow2,raw",
    "--no-tmpfs",
    "--qemu-img-options",
    "compat=0.10",
    "-o",
    kit.job.path,
  ];
  words.push("one", "two");
  const log = await Deno.readTextFile(kit.job.logFile);
  const args = words.map((word) => `<${word}>`).join("");
  equal(
    log,
    `$ disk-image-create ${words.join(" ")}\n${args}noble and numbat\n${Deno.env.get("HOME") ?? ""}\n`,
  );
  equal((await Deno.stat(kit.job.logFile)).mode! & 0o777, 0o640);
});

Deno.test("a build's log can be followed while it runs", async () => {
  await using kit = await buildKit(
    `${BUILD}echo begun; until [ -e "$path.go" ]; do sleep 0.02; done; make x\n`,
  );
  const building = kit.builder.build(kit.job, unaborted());
  await eventually(() =>
    exists(kit.job.logFile) && Deno.readTextFileSync(kit.job.logFile).includes("begun\n")
  );
  await Deno.writeTextFile(`${kit.job.path}.go`, "");
  equal((await building).length, 2);
});

Deno.test("a build ends with exit code and last lines where the program fails", async () => {
  await using kit = await buildKit(`${BUILD}make half; seq 1 100; echo "E: no such element" >&2; exit 7\n`);
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  equal(error.kind, "exit");
  equal(error.message, `the build of tiny failed with exit code 7; see ${kit.job.logFile}`);
  const lines = error.tail.split("\n");
  equal(lines.length, 50);
  deepEqual([lines[0], lines.at(-1)], ["52", "E: no such element"]);
});

Deno.test("a build leaves the shell's trace out of its last lines", async () => {
  const trace = "2026-01-31 10:00:00.000 | ++ /lib/img-functions:unmount_image:30 :   '[' -n '' ']'";
  await using kit = await buildKit(`#!/bin/bash
echo "2026-01-31 10:00:00.000 | the reason"
for i in {1..99}; do echo "${trace}"; done
set -x
exit 4
`);
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  match(error.tail, /^\$ disk-image-create .*\n2026-01-31 10:00:00\.000 \| the reason$/);
  match(await Deno.readTextFile(kit.job.logFile), /unmount_image[^]*\n\+ exit 4\n$/);
});

Deno.test("a build tells an exit code of the program from the program's absence", async () => {
  await using kit = await buildKit("#!/bin/sh\nexit 127\n");
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  deepEqual([error.kind, /exit code 127/.test(error.message)], ["exit", true]);
});

Deno.test("a build that was killed says so", async () => {
  await using kit = await buildKit("#!/bin/sh\nkill -9 $$\n");
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  match(error.message, /^the build of tiny was killed by signal 9; see /);
});

Deno.test("a build for which the program is missing, or cannot be run, names the package to install", async () => {
  for (const text of [null, "#!/nonexistent/bash\n"]) {
    await using kit = await buildKit(text);
    const job = { ...kit.job, environment: { PATH: kit.folder } };
    const error = await failureOfBuild(kit.builder.build(job, unaborted()));
    equal(error.kind, "missing");
    match(
      error.message,
      /^cannot build tiny: .*disk-image-create.*install the Debian packages python3-diskimage-builder/,
    );
  }
});

Deno.test("a build of which a file is missing, empty or no file has failed", async () => {
  const cases = {
    'touch "$path.qcow2"': /qcow2 is empty; see /,
    'echo x >"$path.raw"': /qcow2 does not exist; see /,
    'make x; rm "$path.raw"': /raw does not exist; see /,
    'make x; rm "$path.raw"; mkdir "$path.raw"': /raw cannot be read; see /,
  };
  for (const [text, expected] of Object.entries(cases)) {
    await using kit = await buildKit(`${BUILD}${text}; echo over\n`);
    const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
    equal(error.kind, "files");
    match(error.message, expected);
    match(error.tail, /over$/);
  }
});

Deno.test("a build that fails leaves its half-made files to remove()", async () => {
  await using kit = await buildKit(
    `${BUILD}make half; mkdir -p "$path.d/deep"; echo x >"$path.raw-new"; echo x >"$path.vhd-intermediate.bak"; exit 1\n`,
  );
  await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  const names = () => [...Deno.readDirSync(join(kit.folder, "images"))].map(({ name }) => name);
  equal(names().length, 6);
  await kit.builder.remove(kit.job.path);
  deepEqual(names(), [MARKER]);
});

Deno.test("a build whose name files have already begins not, and leaves them as they are", async () => {
  await using kit = await buildKit(`${BUILD}make new\n`);
  await Deno.mkdir(join(kit.folder, "images"));
  await Deno.writeTextFile(`${kit.job.path}.qcow2`, "old");
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  equal(error.kind, "taken");
  match(
    error.message,
    /^cannot build tiny: .*\/images has files of tiny-17 already; give each pool an images-dir/,
  );
  equal(await Deno.readTextFile(`${kit.job.path}.qcow2`), "old");
  ok(!exists(kit.job.logFile));
});

Deno.test("of two pools that build the same name and version in one images-dir, one does", async () => {
  await using kit = await buildKit(`${BUILD}until [ -e "$path.go" ]; do sleep 0.02; done; make new\n`);
  const builds = [1, 2, 3].map(() => kit.builder.build(kit.job, unaborted()));
  const kinds = Promise.all(builds.map((build) =>
    build.then(() => "built", (error) => {
      Deno.writeTextFileSync(`${kit.job.path}.go`, "");
      return error.kind;
    })
  ));
  deepEqual((await kinds).toSorted(), ["built", "taken", "taken"]);
});

Deno.test("a build does not begin where too little of the disk is free", async () => {
  const cases = [
    { free: 2 ** 30 - 1, size: null, says: /1\.0 GiB are needed/ },
    {
      free: 2 ** 30 - 1,
      size: 1000,
      says: /\/images has 1\.0 GiB free and 1\.0 GiB are needed/,
    },
    {
      free: 14 * 2 ** 30,
      size: 10 * 2 ** 30,
      says: /\/images has 14\.0 GiB free and 15\.0 GiB are needed/,
    },
  ];
  for (const { free, size, says } of cases) {
    await using kit = await buildKit(`${BUILD}make x\n`, {
      freeBytes: () => Promise.resolve(free),
      job: { last: size === null ? null : { path: "/none/tiny-16", size } },
    });
    const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
    equal(error.kind, "disk");
    match(error.message, /^cannot build tiny: /);
    match(error.message, says);
    ok(!exists(kit.job.logFile));
    await kit.builder.remove(kit.job.path);
    await kit.builder.build(
      { ...kit.job, last: { path: "/none/tiny-16", size: Math.floor(free / 2) } },
      unaborted(),
    ).catch((error) => equal(error.kind, free < 2 ** 30 ? "disk" : null));
  }
});

Deno.test("files with holes count as what they take of the disk", async () => {
  await using kit = await buildKit(`${BUILD}make x\n`, { freeBytes: () => Promise.resolve(2 * 2 ** 30) });
  const last = { path: kit.job.path.replace(/17$/, "16"), size: 40 * 2 ** 30 };
  await Deno.mkdir(join(kit.folder, "images"));
  await Deno.writeTextFile(`${last.path}.raw`, "x");
  await Deno.truncate(`${last.path}.raw`, last.size);
  equal((await kit.builder.build({ ...kit.job, last }, unaborted())).length, 2);
});

Deno.test("a build whose disk fills up says that it is the disk", async () => {
  await using kit = await buildKit(`${BUILD}echo "$path" >/dev/full || exit 1\n`);
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  equal(error.kind, "disk");
  match(
    error.message,
    /^the build of tiny failed with exit code 1: no space left on device; check images-dir, TMP_DIR/,
  );
  match(error.tail, /No space left on device$/);
});

Deno.test("a build does not begin where its log cannot be written", async () => {
  await using kit = await buildKit(`${BUILD}make x\n`);
  await Deno.writeTextFile(join(kit.folder, "logs"), "a file in the folder's place");
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  equal(error.kind, "log");
  match(error.message, /^cannot build tiny: cannot write its log .*tiny-17\.log$/);
  ok(!exists(`${kit.job.path}.raw`));
});

Deno.test("a build does not begin where its folder cannot be made", async () => {
  await using kit = await buildKit(`${BUILD}make x\n`);
  await Deno.writeTextFile(join(kit.folder, "images"), "a file in the folder's place");
  const error = await failureOfBuild(kit.builder.build(kit.job, unaborted()));
  equal(error.kind, "files");
  match(error.message, /^cannot build tiny: cannot use the directory .*\/images$/);
});

Deno.test("a build goes on where the disk of its log is full", async () => {
  await using kit = await buildKit(`${BUILD}make x; seq 1 10\n`, { job: { logFile: "/dev/full" } });
  const { mode } = await Deno.stat("/dev/full");
  equal((await kit.builder.build(kit.job, unaborted())).length, 2);
  equal((await Deno.stat("/dev/full")).mode, mode, "the device is left as it is");
});
