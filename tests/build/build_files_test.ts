import { deepEqual, equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { buildLogFile, buildPath } from "../../src/domain/build_path.ts";
import { createDiskimageBuilder } from "../../src/build/diskimage_builder.ts";

const builder = createDiskimageBuilder();

async function withFolder(names: readonly string[], work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "files-" });
  try {
    for (const name of names) {
      if (name.endsWith("/")) await Deno.mkdir(join(folder, name, "inside"), { recursive: true });
      else await Deno.writeTextFile(join(folder, name), name);
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("remove() takes all files of one build, and none of another", () =>
  withFolder([
    "a-1.qcow2",
    "a-1.raw-new",
    "a-1.qcow2.md5",
    "a-1.d/",
    // Not its own, however alike.
    "a-1",
    "a-1.",
    "a-10.qcow2",
    "a-11.d/",
    "aa-1.qcow2",
    "a-b-1.qcow2",
    "a-1-1.qcow2",
    "a-1.5-7.qcow2",
    "a-1.qcow2-2.raw",
    "A-1.raw",
    "b-a-1.raw",
  ], async (folder) => {
    await builder.remove(buildPath(folder, { name: "a", version: 1 }));
    deepEqual(namesIn(folder), [
      "A-1.raw",
      "a-1",
      "a-1-1.qcow2",
      "a-1.",
      "a-1.5-7.qcow2",
      "a-1.qcow2-2.raw",
      "a-10.qcow2",
      "a-11.d",
      "a-b-1.qcow2",
      "aa-1.qcow2",
      "b-a-1.raw",
    ]);
  }));

Deno.test("remove() takes names as they are", () =>
  withFolder(["c++.*-5.raw", "c-5.raw", "cxx.y-5.raw", "$(x) [a-z]-5.raw", "b-5.raw"], async (folder) => {
    await builder.remove(buildPath(folder, { name: "c++.*", version: 5 }));
    await builder.remove(buildPath(folder, { name: "$(x) [a-z]", version: 5 }));
    deepEqual(namesIn(folder), ["b-5.raw", "c-5.raw", "cxx.y-5.raw"]);
  }));

Deno.test("remove() of what is not there does nothing", () =>
  withFolder(["a-1.raw"], async (folder) => {
    await builder.remove(buildPath(folder, { name: "b", version: 1 }));
    await builder.remove(buildPath(join(folder, "none"), { name: "a", version: 1 }));
    deepEqual(namesIn(folder), ["a-1.raw"]);
  }));

Deno.test("remove() takes the files of one build, whatever others are called", async () => {
  const names = fc.stringMatching(/^[a-z0-9.\- ]{1,6}$/).filter((name) =>
    name.trim() === name && !/^\.+$/.test(name)
  );
  const builds = fc.uniqueArray(fc.record({ name: names, version: fc.integer({ min: 1, max: 20 }) }), {
    minLength: 1,
    maxLength: 6,
    selector: ({ name, version }) => `${name}-${version}`,
  });
  await fc.assert(
    fc.asyncProperty(builds, async (all) => {
      const files = all.flatMap(({ name, version }) =>
        ["raw", "qcow2"].map((format) => `${name}-${version}.${format}`)
      );
      await withFolder(files, async (folder) => {
        await builder.remove(buildPath(folder, all[0]!));
        deepEqual(namesIn(folder), files.slice(2).sort());
      });
    }),
    { numRuns: 50 },
  );
});

Deno.test("open() streams a file as often as it is asked, and leaves nothing open", () =>
  withFolder(["a-1.raw", "a-1.qcow2/"], async (folder) => {
    const path = buildPath(folder, { name: "a", version: 1 });
    const all = new Uint8Array(1_200_000).map((_, at) => at % 251);
    await Deno.writeFile(`${path}.raw`, all);
    const { size, open } = await builder.open(path, "raw");
    equal(size, all.length);
    for (let time = 0; time < 2; time++) {
      deepEqual(new Uint8Array(await new Response(open()).arrayBuffer()), all);
    }
    open();
    const reader = open().getReader();
    await reader.read();
    await reader.cancel();
    await rejects(builder.open(path, "vhd"), Deno.errors.NotFound);
    await rejects(builder.open(path, "qcow2"), Deno.errors.NotFound);
    await Deno.remove(`${path}.raw`);
    await rejects(new Response(open()).arrayBuffer(), Deno.errors.NotFound);
  }));

Deno.test("files and logs of a name with slashes are in their folders, are found there, and are those of no other name", () =>
  withFolder([], async (folder) => {
    const names = ["a/b", "a%2Fb", "../a"];
    for (const name of names) {
      for (const version of [1, 2]) {
        const paths = [
          buildLogFile(folder, { name, version }),
          `${buildPath(folder, { name, version })}.raw`,
        ];
        for (const path of paths) await Deno.writeTextFile(path, "", { createNew: true });
      }
    }
    deepEqual(namesIn(folder).length, 12);
    for (const name of names) {
      await builder.trimLogs(folder, { name, keep: 1 });
      await builder.remove(buildPath(folder, { name, version: 1 }));
    }
    deepEqual(namesIn(folder).length, 6);
  }));

Deno.test("trimLogs() leaves a log that it cannot remove, and removes the others", () =>
  withFolder(["a-1.log", "a-2.log", "a-3.log/", "a-4.log"], async (folder) => {
    await builder.trimLogs(folder, { name: "a", keep: 1 });
    deepEqual(namesIn(folder), ["a-3.log", "a-4.log"]);
    await builder.trimLogs(join(folder, "a-4.log"), { name: "a", keep: 1 });
  }));

Deno.test("trimLogs() keeps the newest logs of one diskimage, and all others", () =>
  withFolder(
    [
      "a-9.log",
      "a-10.log",
      "a-100.log",
      "a-20.log",
      "a-b-1.log",
      "a-1-1.log",
      "a-.log",
      "a-x.log",
      "a-05.log",
      "aa-1.log",
      "a-1.log.gz",
      "a-3.log/",
    ].filter((name) => name !== "a-3.log/"),
    async (folder) => {
      await builder.trimLogs(folder, { name: "a", keep: 2 });
      const others = ["a-.log", "a-05.log", "a-1-1.log", "a-1.log.gz", "a-b-1.log", "a-x.log", "aa-1.log"];
      deepEqual(namesIn(folder), [...others, "a-100.log", "a-20.log"].sort());
      await builder.trimLogs(folder, { name: "a.*", keep: 0 });
      await builder.trimLogs(join(folder, "none"), { name: "a", keep: 1 });
      equal(namesIn(folder).length, others.length + 2);
      equal(buildLogFile(folder, { name: "a", version: 5 }), join(folder, "a-5.log"));
    },
  ));
