import assert from "node:assert/strict";
import { join } from "node:path";
import { BuilderFolder } from "../../src/builders/builder_folder.ts";
import { openLogCopy } from "../../src/builders/log_copy.ts";
import { BuilderWork } from "../../src/builders/builder_work.ts";
import { systemRandom } from "../../src/lib/random.ts";

const random = systemRandom;

async function temporary(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "nodepool builder ü " });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("a builder that is started again on its folder is the same one, and knows its builds", async () => {
  await using temp = await temporary();
  const path = join(temp.path, "images");
  let id: string;
  {
    using folder = await BuilderFolder.open(path, { random });
    id = folder.content.id;
    await Promise.all(["a-1", "b-2", "a-1"].map((build) => folder.begin(join(path, build))));
    await folder.belongTo("installation");
    await folder.forget("b-2");
  }
  using folder = await BuilderFolder.open(path, { random });
  assert.deepEqual(folder.content, { id, builds: ["a-1"], installation: "installation" });
});

Deno.test("builds in the folder that were not begun there are found, and other files are not taken for builds", async () => {
  await using temp = await temporary();
  using folder = await BuilderFolder.open(temp.path, { random });
  await folder.begin(join(temp.path, "own-3"));
  for (const name of ["own-3.raw", "b-2.qcow2", "b-2.raw", "notes.txt", "a-b-1.raw"]) {
    await Deno.writeTextFile(join(temp.path, name), "");
  }
  assert.deepEqual(await folder.found(), ["a-b-1", "b-2"]);
});

Deno.test("one process has a builder's folder at a time; another is told what to do", async () => {
  await using temp = await temporary();
  using _folder = await BuilderFolder.open(temp.path, { random });
  await assert.rejects(BuilderFolder.open(temp.path, { random }), {
    name: "BuilderFolderError",
    message:
      `another builder keeps its images in ${temp.path}: stop it, or give each builder an images-dir of its own`,
  });
});

Deno.test("a builder builds nothing outside of its folder", async () => {
  await using temp = await temporary();
  using folder = await BuilderFolder.open(temp.path, { random });
  await assert.rejects(folder.begin("/elsewhere/a-1"), {
    message: `cannot build in /elsewhere: this builder's images-dir is ${temp.path}`,
  });
  await assert.rejects(folder.begin(`${temp.path}/../a-1`), /cannot build in/);
});

Deno.test("a builder whose folder somebody has removed says what to do", async () => {
  await using temp = await temporary();
  const path = join(temp.path, "images");
  using folder = await BuilderFolder.open(path, { random });
  assert.equal(await folder.problem(), null);
  await Deno.rename(path, `${path} away`);
  assert.equal(await folder.problem(), `the folder ${path} is gone: make it again, or mount what it is on`);
  await Deno.rename(`${path} away`, path);
  assert.equal(await folder.problem(), null);
  await Deno.remove(path, { recursive: true });
  await Deno.mkdir(path);
  assert.equal(await folder.problem(), `the folder ${path} was replaced`);
  // As where its disk has just been unmounted: the folder below is another.
  await assert.rejects(folder.begin(join(path, "a-1")), {
    name: "BuilderFolderError",
    message: `the folder ${path} was replaced`,
  });
  assert.deepEqual(await Array.fromAsync(Deno.readDir(path)), []);
  await Deno.remove(path);
  await assert.rejects(folder.begin(join(path, "a-1")), {
    name: "BuilderFolderError",
    message: `the folder ${path} is gone: make it again, or mount what it is on`,
  });
});

Deno.test("a damaged record of a builder's folder is named, and left as it is", async () => {
  await using temp = await temporary();
  const file = join(temp.path, ".nodepool-builder.json");
  await Deno.writeTextFile(file, "{");
  await assert.rejects(BuilderFolder.open(temp.path, { random }), /\.nodepool-builder\.json is damaged/);
  assert.equal(await Deno.readTextFile(file), "{");
});

Deno.test("the log of a build reaches the leader whole, whatever is sent twice, and before the build's outcome", async () => {
  await using temp = await temporary();
  const [logFile, copied] = [join(temp.path, "log"), join(temp.path, "leader/copy")];
  const text = "ä line\n".repeat(100_000);
  const job = {
    name: "noble",
    path: "/images/noble-1",
    formats: [],
    elements: [],
    environment: {},
    logFile,
    timeout: 1,
    last: null,
  };
  const work = new BuilderWork({ token: "t", order: { token: "t", type: "build", job } }, async () => {
    await Deno.writeTextFile(logFile, text);
    return { type: "built", files: [] };
  });
  await work.done;
  let copy = await openLogCopy(copied);
  for (let turns = 0;; turns++) {
    work.noteLog(copy.size);
    const { log, outcome } = await work.report();
    if (log === null) {
      assert.deepEqual(outcome, { type: "built", files: [] });
      break;
    }
    assert.equal(outcome, null);
    const bytes = Uint8Array.fromBase64(log.bytes);
    await Promise.all([copy.append(bytes, log.from), copy.append(bytes, log.from)]);
    // Another leader finds what is there.
    if (turns === 1) copy = await openLogCopy(copied);
  }
  assert.equal(await Deno.readTextFile(copied), text);
  assert.equal((await Deno.stat(copied)).mode! & 0o077, 0o040 & ~Deno.umask());
});

Deno.test("a log that cannot be written is given up, and the build goes on", async () => {
  await using temp = await temporary();
  await Deno.writeTextFile(join(temp.path, "file"), "");
  const copy = await openLogCopy(join(temp.path, "file/log"));
  assert.equal(copy.size, null);
  await copy.append(new Uint8Array(3), 0);
});

Deno.test("work that is ended settles, and reports nothing more", async () => {
  let ended = false;
  const work = new BuilderWork({ token: "t", order: null }, async (_work, signal) => {
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    ended = true;
    return { type: "uploaded" };
  });
  await work.end(new Error("over"));
  assert.deepEqual([work.isEnding, ended], [true, false]);
});
