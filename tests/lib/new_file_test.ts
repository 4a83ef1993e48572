import assert from "node:assert/strict";
import { join } from "node:path";
import { newFileProblem, resolveFile } from "../../src/lib/new_file.ts";

Deno.test("a path for a new file is refused with what is wrong with it and what to do", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "file"), "");
    await Deno.symlink("nowhere", join(folder, "link"));
    const none = `there is no folder ${folder}/none; make it first, or name another file`;
    const present = "it exists already; name another file, or remove it first";
    const cases: Record<string, string | null> = {
      new: null,
      "none/new": none,
      "none/": `there is no folder ${folder}/none/; make it first, or name another file`,
      "file/": `${folder}/file/ is not a folder; name another file`,
      "file/new": `${folder}/file is not a folder; name another file`,
      "file/no/new": `${folder}/file/no is not a folder; name another file`,
      "": "it is a folder; name a file in it",
      ".": "it is a folder; name a file in it",
      file: present,
      link: present,
    };
    for (const [name, problem] of Object.entries(cases)) {
      const path = `${folder}/${name}`;
      const expected = problem === null ? null : `cannot write ${path}: ${problem}`;
      assert.equal(await newFileProblem(path), expected, name);
      const mayExist = expected?.endsWith(present) ? null : expected;
      assert.equal(await newFileProblem(path, { mayExist: true }), mayExist, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a slash at the end of a path stays, which says that a folder is meant", () => {
  assert.deepEqual(["/a/./b", "/a/b/", "/"].map(resolveFile), ["/a/b", "/a/b/", "/"]);
});
