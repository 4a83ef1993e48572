/** A log file that is rotated, whose folder goes away, and whose disk is full. */
import assert from "node:assert/strict";
import { LogFile } from "../../src/lib/log_file.ts";

async function withFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-log-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function opened(file: string, { truncate = false } = {}): LogFile {
  return new LogFile({ file, mode: 0o600, truncate }, (lines, reason) => `${lines} missing: ${reason}\n`);
}

const lines = (path: string) => Deno.readTextFileSync(path).split("\n").slice(0, -1);

Deno.test("a file that was moved gets what comes before it is opened again, and a new one what comes after", () =>
  withFolder((folder) => {
    const path = `${folder}/log`;
    using file = opened(path);
    file.write("one\n");
    Deno.renameSync(path, `${path}.1`);
    file.write("two\n");
    file.reopen();
    file.write("three\n");
    assert.deepEqual([lines(`${path}.1`), lines(path)], [["one", "two"], ["three"]]);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  }));

Deno.test("a file that was made anew beside the moved one is appended to", () =>
  withFolder((folder) => {
    const path = `${folder}/log`;
    using file = opened(path);
    Deno.renameSync(path, `${path}.1`);
    Deno.writeTextFileSync(path, "header\n");
    file.reopen();
    file.write("one\n");
    assert.deepEqual(lines(path), ["header", "one"]);
  }));

Deno.test("a file that was copied and truncated goes on from its beginning, also one that is emptied at the start", () =>
  withFolder((folder) => {
    for (const truncate of [false, true]) {
      const path = `${folder}/log-${truncate}`;
      Deno.writeTextFileSync(path, "of another run\n");
      using file = opened(path, { truncate });
      file.write("one\n");
      assert.deepEqual(lines(path), truncate ? ["one"] : ["of another run", "one"]);
      Deno.truncateSync(path);
      file.reopen();
      file.write("two\n");
      assert.equal(Deno.readTextFileSync(path), "two\n");
    }
  }));

Deno.test("where the folder is gone, lines go on to the file that was moved until the folder is back", () =>
  withFolder((folder) => {
    const path = `${folder}/logs/log`;
    Deno.mkdirSync(`${folder}/logs`);
    using file = opened(path);
    file.write("one\n");
    Deno.renameSync(`${folder}/logs`, `${folder}/old`);
    file.reopen();
    file.write("two\n");
    assert.match(file.problem!, /cannot open the log .*logs\/log again: there is no such directory; /);
    Deno.mkdirSync(`${folder}/logs`);
    file.reopen();
    file.write("three\n");
    assert.deepEqual([lines(`${folder}/old/log`), lines(path), file.problem], [
      ["one", "two"],
      ["three"],
      null,
    ]);
  }));

Deno.test("lines for which the disk had no room are counted, and the count is written once there is some", () =>
  withFolder((folder) => {
    const path = `${folder}/log`;
    Deno.symlinkSync("/dev/full", path);
    using file = opened(path);
    file.write("one\n");
    file.write("two\n");
    assert.match(file.problem!, /cannot write the log .*log: No space left.*; 2 lines are missing from it/);
    Deno.removeSync(path);
    file.reopen();
    file.write("three\n");
    file.write("four\n");
    const [loss, ...rest] = lines(path);
    assert.match(loss!, /^2 missing: No space left/);
    assert.deepEqual([rest, file.problem], [["three", "four"], null]);
  }));

Deno.test("a file that cannot be opened at the start says where, why and what to do", () =>
  withFolder((folder) => {
    assert.throws(() => opened(`${folder}/none/log`), {
      message:
        `cannot write the log ${folder}/none/log: there is no such directory; create it, or name another file`,
    });
  }));
