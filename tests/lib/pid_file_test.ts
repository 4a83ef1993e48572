import assert from "node:assert/strict";
import { join } from "node:path";
import { PidFileError, writePidFile } from "../../src/lib/pid_file.ts";

interface Bench extends Disposable {
  readonly folder: string;
  readonly path: string;
  readonly troubles: string[];
  write(path?: string): Disposable;
  text(path?: string): string | null;
}

function openBench(): Bench {
  const folder = Deno.makeTempDirSync({ prefix: "pid-" });
  const path = join(folder, "daemon.pid");
  const troubles: string[] = [];
  return {
    folder,
    path,
    troubles,
    write: (where = path) => writePidFile(where, { onTrouble: (message) => troubles.push(message) }),
    text(where = path) {
      try {
        return Deno.readTextFileSync(where);
      } catch {
        return null;
      }
    },
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

const ours = `${Deno.pid}\n`;

Deno.test("a pid file holds this process's id and is removed at the end", () => {
  using bench = openBench();
  const written = bench.write();
  assert.equal(bench.text(), ours);
  written[Symbol.dispose]();
  assert.equal(bench.text(), null);
  assert.deepEqual(bench.troubles, []);
});

Deno.test("a pid file that a killed daemon left is replaced, whatever process has its id now", () => {
  using bench = openBench();
  for (const left of ["1\n", "99999999\n", "", " 12 "]) {
    Deno.writeTextFileSync(bench.path, left);
    using _written = bench.write();
    assert.equal(bench.text(), ours, left);
  }
});

Deno.test("a pid file that is gone at the end, or is another's by then, stops nobody", () => {
  using bench = openBench();
  const harms = [
    () => Deno.removeSync(bench.path),
    () => Deno.writeTextFileSync(bench.path, "77\n"),
    () => {
      Deno.removeSync(bench.path);
      Deno.writeTextFileSync(bench.path, ours);
    },
    () => {
      Deno.removeSync(bench.path);
      Deno.symlinkSync("/etc/hosts", bench.path);
    },
  ];
  for (const harm of harms) {
    const written = bench.write();
    harm();
    const before = bench.text();
    written[Symbol.dispose]();
    assert.equal(bench.text(), before);
    if (before !== null) Deno.removeSync(bench.path);
  }
  assert.deepEqual(bench.troubles, []);
});

Deno.test("a folder that is gone at the end is told, and stops nobody", () => {
  using bench = openBench();
  const folder = join(bench.folder, "run");
  Deno.mkdirSync(folder);
  const written = bench.write(join(folder, "daemon.pid"));
  Deno.removeSync(folder, { recursive: true });
  Deno.writeTextFileSync(folder, "");
  written[Symbol.dispose]();
  assert.match(bench.troubles.join(), /^cannot remove the pid file .+: /);
});

Deno.test("a pid file of a process that lives is left alone", async () => {
  using bench = openBench();
  Deno.writeTextFileSync(bench.path, "4711\n");
  const script =
    `const file = Deno.openSync(Deno.args[0]); file.lockSync(true); console.log("locked"); Deno.stdin.readSync(new Uint8Array(1));`;
  const holder = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-config",
      `data:application/javascript,${encodeURIComponent(script)}`,
      bench.path,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = holder.stdout.getReader();
  await reader.read();
  assert.throws(() => bench.write(), {
    message:
      `cannot write the pid file ${bench.path}: process 4711 is running and owns it; give another --pidfile, or stop that process`,
  });
  assert.equal(bench.text(), "4711\n");
  await holder.stdin.close();
  await reader.cancel();
  await holder.status;
  using _written = bench.write();
});

Deno.test("a link, a folder and a file of another kind are refused and stay as they are", () => {
  using bench = openBench();
  const target = join(bench.folder, "target");
  Deno.writeTextFileSync(target, "1\n");
  const cases: [string, (path: string) => void, RegExp][] = [
    [
      "link",
      (path) => Deno.symlinkSync(target, path),
      /it is a link; name a regular file, or one that does not exist yet/,
    ],
    ["dangling", (path) => Deno.symlinkSync(join(bench.folder, "none"), path), /it is a link/],
    ["folder", (path) => Deno.mkdirSync(path), /it is a directory/],
    ["names", (path) => Deno.linkSync(target, path), /it is a file with several names/],
    [
      "hosts",
      (path) => Deno.writeTextFileSync(path, "127.0.0.1 localhost\n"),
      /it does not hold a process id/,
    ],
  ];
  for (const [name, make, message] of cases) {
    const path = join(bench.folder, name);
    make(path);
    assert.throws(
      () => bench.write(path),
      (error) => error instanceof PidFileError && message.test(error.message),
      name,
    );
  }
  assert.equal(bench.text(target), "1\n");
  assert.equal(bench.text(join(bench.folder, "none")), null);
  assert.equal(bench.text(join(bench.folder, "hosts")), "127.0.0.1 localhost\n");
  const path = join(bench.folder, "no/such.pid");
  const why = "there is no such directory; create it, or give another --pidfile";
  assert.throws(() => bench.write(path), { message: `cannot write the pid file ${path}: ${why}` });
});
