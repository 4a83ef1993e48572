import assert from "node:assert/strict";
import { FileError, ServerFiles } from "../../src/simulator/server_files.ts";

const home = "/home/debian";
const at = 0;
const bytes = new TextEncoder().encode("content");

function refused(reason: string, message: RegExp) {
  return (error: Error) =>
    error instanceof FileError && error.reason === reason && message.test(error.message);
}

Deno.test("paths lead home, up, and through links", () => {
  const files = new ServerFiles();
  files.makeLink("/opt/here", { link: "../srv/./there", at });
  files.makeLink("/srv/there", { link: "/var/tmp", at });
  files.makeLink("/srv/loop", { link: "/srv/loop", at });
  assert.equal(files.real("notes/../x", { home }), "/home/debian/x");
  assert.equal(files.real("/../..", { home }), "/");
  assert.equal(files.real("/opt/here/file", { home }), "/var/tmp/file");
  assert.equal(files.real("/opt/here", { home, last: false }), "/opt/here");
  assert.throws(() => files.real("/srv/loop/x", { home }), refused("failure", /too many levels/));
});

Deno.test("folders of a fresh system are there, and those above what was written", () => {
  const files = new ServerFiles();
  files.writeFile("/opt/a/b/file", bytes, { mode: 0o600, at });
  assert.equal(files.find("/opt/a")?.kind, "folder");
  assert.equal(files.find("/tmp")?.kind, "folder");
  assert.equal(files.find("/opt/c"), null);
  assert.deepEqual([files.list("/opt"), files.list("/opt/a/b")], [["a"], ["file"]]);
  assert.ok(files.list("/").includes("etc"));
  assert.throws(() => files.list("/opt/c"), refused("missing", /does not exist/));
  assert.throws(() => files.list("/opt/a/b/file"), refused("failure", /not a directory/));
});

Deno.test("a file is written piece by piece, cut, and written anew", () => {
  const files = new ServerFiles();
  const file = files.openFile("/tmp/file", { mode: 0o640, at, truncate: true });
  files.write(file, bytes, { offset: 0, at });
  files.write(file, bytes, { offset: 7, at });
  assert.equal(new TextDecoder().decode(file.content), "contentcontent");
  files.resize(file, 3, at);
  assert.deepEqual([file.size, new TextDecoder().decode(file.content)], [3, "con"]);
  files.write(file, bytes, { offset: 1_000_000, at });
  assert.deepEqual([file.size, file.content.length], [1_000_007, 3]);
  assert.equal(files.openFile("/tmp/file", { mode: 0o600, at, truncate: true }).size, 0);
  assert.throws(
    () => files.openFile("/tmp", { mode: 0, at, truncate: false }),
    refused("failure", /a folder/),
  );
});

Deno.test("only the first 64 KiB of a file are kept, 4 MiB of all, and 10,000 entries are the most", () => {
  const files = new ServerFiles();
  const large = new Uint8Array(100_000).fill(7);
  for (let number = 0; number < 70; number++) files.writeFile(`/tmp/${number}`, large, { mode: 0o600, at });
  const kept = [...files.entries.values()].map(({ content }) => content.length);
  assert.deepEqual([kept.slice(0, 64).every((length) => length === 65_536), kept.at(-1)], [true, 0]);
  files.remove("/tmp/0");
  assert.equal(files.writeFile("/tmp/again", large, { mode: 0o600, at }).content.length, 65_536);
  for (let number = files.entries.size; number < 10_000; number++) {
    files.writeFile(`/opt/${number}`, new Uint8Array(), { mode: 0o600, at });
  }
  assert.throws(
    () => files.makeFolder("/opt/more", { mode: 0o700, at }),
    refused("failure", /no more than 10000/),
  );
});

Deno.test("what is there is moved with all in it, and taken away when it is empty", () => {
  const files = new ServerFiles();
  assert.equal(files.makeFolder("/opt/a", { mode: 0o700, at }), true);
  assert.equal(files.makeFolder("/opt/a", { mode: 0o755, at }), false);
  files.writeFile("/opt/a/file", bytes, { mode: 0o600, at });
  assert.throws(() => files.remove("/opt/a"), refused("failure", /not empty/));
  assert.throws(() => files.rename("/opt/a", "/tmp"), refused("failure", /already exists/));
  assert.throws(() => files.rename("/opt/a", "/opt/a/b"), refused("failure", /within/));
  assert.throws(() => files.rename("/opt/x", "/opt/y"), refused("missing", /does not exist/));
  files.rename("/opt/a", "/srv/b");
  assert.deepEqual([files.find("/opt/a"), files.list("/srv/b")], [null, ["file"]]);
  files.remove("/srv/b/file");
  files.remove("/srv/b");
  assert.equal(files.entries.size, 0);
  assert.throws(() => files.remove("/srv/b"), refused("missing", /does not exist/));
});

Deno.test("a link takes the place of a file only where it is to", () => {
  const files = new ServerFiles();
  files.writeFile("/opt/x", bytes, { mode: 0o600, at });
  assert.throws(() => files.makeLink("/opt/x", { link: "y", at }), refused("failure", /already exists/));
  files.makeLink("/opt/x", { link: "y", at, replace: true });
  assert.equal(files.entries.get("/opt/x")?.link, "y");
  assert.throws(() => files.makeLink("/opt", { link: "y", at, replace: true }), refused("failure", /exists/));
});
