import assert from "node:assert/strict";
import { join } from "node:path";
import { createDiskimageBuilder } from "../../src/build/diskimage_builder.ts";
import { MARKER, markFolder, readMarker } from "../../src/build/folder_marker.ts";

const builder = createDiskimageBuilder();

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "marker ü " });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a marked folder is in its place, whatever files of its builds somebody has removed", () =>
  withFolder(async (folder) => {
    await markFolder(folder);
    const marker = await readMarker(folder);
    assert.equal(await builder.folderProblem(folder, [join(folder, "a-1.raw")]), null);
    await markFolder(folder);
    assert.deepEqual(await readMarker(folder), marker, "it is marked once");
  }));

Deno.test("a folder of an earlier version, with files of its builds and no marker, is marked", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "b-2.raw"), "");
    const files = ["a-1.raw", "b-2.raw"].map((name) => join(folder, name));
    assert.equal(await builder.folderProblem(folder, files), null);
    assert.notEqual(await readMarker(folder), null);
  }));

Deno.test("builds that begin at the same time in a new folder mark it, and none fails", () =>
  withFolder(async (folder) => {
    for (let round = 0; round < 20; round++) {
      const path = await Deno.makeTempDir({ dir: folder });
      await Promise.all([1, 2, 3, 4].map(() => markFolder(path)));
      assert.deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), [MARKER]);
    }
  }));

Deno.test("an empty folder, or none, is not the one of the builds, and is left as it is", () =>
  withFolder(async (folder) => {
    for (const path of [folder, join(folder, "none")]) {
      assert.equal(
        await builder.folderProblem(path, [join(path, "a-1.raw")]),
        `images-dir ${path} lacks the images built there: mount the disk that it is on, or, if they are lost, ` +
          "delete them with `nodepool dib-image-delete`; after six hours without them, they count as lost",
      );
      assert.equal(await builder.folderProblem(path, []), null);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a folder that cannot be looked at is not taken for an empty one", () =>
  withFolder(async (folder) => {
    const path = join(folder, "file");
    await Deno.writeTextFile(path, "");
    const problem = await builder.folderProblem(path, [join(path, "a-1.raw")]);
    assert.match(problem ?? "", /^cannot look at images-dir .*file: /);
    assert.equal(MARKER.startsWith("."), true, "`rm images/*` leaves it");
  }));
