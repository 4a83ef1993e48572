/** The self-extracting file that scripts/compile makes: what it unpacks, where to, and what it refuses to run. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/lib/clock.ts";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { testNeeding } from "../needs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A program that shows what it was given; with it the cases need not know nodepool's own commands. */
const program = `
import { parse } from "yaml";
const [command] = Deno.args;
if (command === "wait") {
  Deno.addSignalListener("SIGTERM", () => Deno.exit(43));
  console.log(Deno.pid);
  setInterval(() => {}, 1000);
} else if (command === "exit") {
  Deno.exit(Number(Deno.args[1]));
} else {
  const run = (await Deno.permissions.query({ name: "run" })).state;
  const setsid = (await Deno.permissions.query({ name: "run", command: "/usr/bin/setsid" })).state;
  const environment = Object.keys(Deno.env.toObject()).sort();
  const ffi = (await Deno.permissions.query({ name: "ffi" })).state;
  console.log(JSON.stringify({ args: Deno.args, yaml: parse("a: 1"), run, setsid, ffi, environment }));
}
`;

/** Where the program's code is in a copy. */
const BUNDLE = "src/bundle";

let folder: string;
let file: string;
/** The environment of the very first start. */
let seed: Record<string, string>;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "nodepool-compile-" });
  file = join(folder, "dist", "nodepool");
  await Deno.mkdir(join(folder, "scripts"));
  await Deno.mkdir(join(folder, "src"));
  for (
    const name of [
      "compile",
      "deno",
      "join_chunks.ts",
      "line_maps.ts",
      "permissions",
      "stage.sh",
      "start.sh",
      "unpack.sh",
    ]
  ) {
    const copy = join(folder, "scripts", name);
    // The link leads `deno` back to the checkout that holds the installed Deno; the others work where they are.
    if (name === "deno") await Deno.symlink(join(root, "scripts", name), copy);
    else await Deno.copyFile(join(root, "scripts", name), copy);
  }
  for (const name of ["README.md", "config.example.yaml", "deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, name), join(folder, name));
  }
  await Deno.writeTextFile(join(folder, "mod.ts"), program);
  for (const name of ["mod.ts", "deno.json", "deno.lock"]) await Deno.chmod(join(folder, name), 0o444);
  await Deno.chmod(join(folder, "src"), 0o555); // a checkout may be read-only
  await compile(folder, file);
  seed = await environment();
  await start(seed, "exit", "0");
});

Deno.test.afterAll(async () => {
  await Deno.remove(folder, { recursive: true });
});

async function compile(checkout: string, output: string): Promise<void> {
  const args = ["--self-extracting", output];
  const { success, stderr } = await new Deno.Command(join(checkout, "scripts/compile"), { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The environment that a start sees: nothing but a path and a fresh home. */
async function environment(): Promise<Record<string, string>> {
  const home = await Deno.makeTempDir({ dir: folder });
  return { PATH: Deno.env.get("PATH") ?? "", HOME: join(home, "home"), TMPDIR: home };
}

async function start(env: Record<string, string>, ...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(file, { args, env, clearEnv: true }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: decode(stdout), err: decode(stderr) };
}

/** A fresh home whose cache holds Deno already, as unpacking it takes a second. */
async function warmEnvironment(): Promise<Record<string, string>> {
  const env = await environment();
  const entries = [...Deno.readDirSync(cacheOf(seed))];
  const deno = entries.find(({ name, isDirectory }) => isDirectory && name.startsWith("deno-"))?.name ?? "";
  await Deno.mkdir(join(cacheOf(env), deno), { recursive: true, mode: 0o700 });
  await Deno.link(join(cacheOf(seed), deno, "deno"), join(cacheOf(env), deno, "deno"));
  for (const name of ["nodepool", "nodepoold", "nodepool-builder"]) {
    await Deno.symlink("deno", join(cacheOf(env), deno, name));
  }
  return env;
}

const cacheOf = (env: Record<string, string>) => join(env.HOME ?? "", ".cache", "nodepool");

/** The unpacked copies of the program, `nodepool-HASH.0` and on. */
function copies(cache: string): string[] {
  return [...Deno.readDirSync(cache)].map((entry) => entry.name).filter((name) =>
    /^nodepool-\w+\.\d+$/.test(name)
  )
    .sort();
}

Deno.test("the file runs the program with its packages, its arguments and no more than its permissions", async () => {
  const env = { ...await warmEnvironment(), NODEPOOL_ANY: "1", OS_PASSWORD: "2", AWS_SECRET_ACCESS_KEY: "3" };
  const { code, out, err } = await start(env, "show", "a b", "*", "");
  assert.equal(err, "");
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), {
    args: ["show", "a b", "*", ""],
    yaml: { a: 1 },
    run: "prompt", // which, with nobody to ask, is a refusal
    setsid: "granted",
    ffi: "prompt",
    environment: ["HOME", "NODEPOOL_ANY", "NODEPOOL_PROGRAM", "OS_PASSWORD", "PATH", "TMPDIR"],
  });
});

Deno.test("exit codes pass through", async () => {
  const env = await warmEnvironment();
  assert.equal((await start(env, "exit", "3")).code, 3);
  assert.equal((await start(env, "exit", "0")).code, 0);
});

Deno.test("a signal reaches the program, which has the pid that was started", async () => {
  const env = await warmEnvironment();
  const child = new Deno.Command(file, { args: ["wait"], env, clearEnv: true, stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert.equal(new TextDecoder().decode(value).trim(), String(child.pid));
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 43);
  await reader.cancel();
});

for (const name of ["nodepool", "nodepoold", "nodepool-builder"]) {
  Deno.test(`a link that is called ${name} runs the program, whose process has that name`, async () => {
    const env = await warmEnvironment();
    const link = join(await Deno.makeTempDir({ dir: folder }), name);
    await Deno.symlink(file, link);
    const child = new Deno.Command(link, { args: ["wait"], env, clearEnv: true, stdout: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const inProc = (what: string) => Deno.readTextFile(`/proc/${child.pid}/${what}`);
    const [words, environ] = [(await inProc("cmdline")).split("\0"), (await inProc("environ")).split("\0")];
    assert.equal((await inProc("comm")).trim(), name.slice(0, 15));
    assert.ok(environ.includes(`NODEPOOL_PROGRAM=${link}`));
    if (name !== "nodepool") assert.equal(words[0], link);
    assert.deepEqual(words.slice(-2), ["wait", ""]);
    child.kill("SIGTERM");
    assert.equal((await child.status).code, 43);
    await reader.cancel();
  });
}

for (const [args, isDaemon] of [[["wait", "daemon"], true], [["wait"], false]] as [string[], boolean][]) {
  Deno.test(`what runs as "${args.join(" ")}" ${isDaemon ? "saves memory" : "saves time"}`, async () => {
    const env = { ...await warmEnvironment(), MALLOC_TRIM_THRESHOLD_: "77777" };
    const child = new Deno.Command(file, { args, env, clearEnv: true, stdout: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    const inProc = async (what: string) =>
      (await Deno.readTextFile(`/proc/${child.pid}/${what}`)).split("\0");
    const [words, environ] = [await inProc("cmdline"), await inProc("environ")];
    const [flags = "", ...others] = words.filter((word) => word.startsWith("--v8-flags="));
    assert.match(flags, isDaemon ? /--memory-saver-mode/ : /--no-turbofan/);
    assert.deepEqual(others, []);
    assert.equal(environ.includes("MALLOC_ARENA_MAX=1"), isDaemon);
    const kept = join(cacheOf(env), `${copies(cacheOf(env))[0]}.deno`, isDaemon ? "daemon" : "");
    const journals = [...Deno.readDirSync(kept)].filter(({ name }) => name.endsWith("-wal"));
    assert.ok(
      Deno.statSync(join(kept, "warm")).isFile,
      "Deno has what it keeps of the program before it begins",
    );
    assert.ok(journals.every(({ name }) => Deno.statSync(join(kept, name)).size < 64 * 1024));
    assert.ok(environ.includes("MALLOC_TRIM_THRESHOLD_=77777"), "what the user set is left alone");
    child.kill("SIGTERM");
    assert.equal((await child.status).code, 43);
    await reader.cancel();
  });
}

Deno.test("first starts at the same time all run, from one copy", async () => {
  const env = await environment();
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => start(env, "exit", "9")));
  assert.deepEqual(outcomes.map(({ code, err }) => ({ code, err })), Array(4).fill({ code: 9, err: "" }));
  assert.equal(copies(cacheOf(env)).length, 1);
  assert.deepEqual([...Deno.readDirSync(cacheOf(env))].filter(({ name }) => name.startsWith("unpack.")), []);
});

Deno.test("a copy that is whole is checked once, not at every start", async () => {
  const env = await warmEnvironment();
  await start(env, "exit", "0");
  const [copy = ""] = copies(cacheOf(env));
  const stamp = join(cacheOf(env), `${copy}.checked`);
  const before = await Deno.stat(stamp);
  await start(env, "exit", "0");
  assert.equal((await Deno.stat(stamp)).ino, before.ino);
  await Deno.remove(stamp);
  assert.deepEqual(await start(env, "exit", "5"), { code: 5, out: "", err: "" });
  assert.equal((await Deno.stat(stamp)).isFile, true);
  assert.equal(copies(cacheOf(env)).length, 1);
});

Deno.test("a later start runs three other programs before its own, one of which runs a fourth", async () => {
  const env = await warmEnvironment();
  await start(env, "exit", "0");
  const tools = await Deno.makeTempDir({ dir: folder });
  const log = join(tools, "log");
  for (const tool of ["cat", "cksum", "cp", "find", "id", "ls", "mkdir", "mv", "rm", "tail", "tar"]) {
    const script = `#!/bin/sh\necho ${tool} >>${shellQuote(log)}\nPATH=\${PATH#*:} exec ${tool} "$@"\n`;
    await Deno.writeTextFile(join(tools, tool), script, { mode: 0o755 });
  }
  assert.equal((await start({ ...env, PATH: `${tools}:${env.PATH}` }, "exit", "5")).code, 5);
  const run = (await Deno.readTextFile(log)).trim().split("\n").sort();
  assert.deepEqual(run, ["cksum", "find", "ls"]);
});

for (const [shell, need] of [["busybox sh", "busybox"], ["bash --posix", "bash"]] as const) {
  testNeeding([need], `a copy is found again by ${shell}`, async () => {
    const env = await warmEnvironment();
    const run = () =>
      new Deno.Command("sh", { args: ["-c", `exec ${shell} "$0" exit 7`, file], env, clearEnv: true })
        .output();
    assert.equal((await run()).code, 7);
    const before = await Deno.stat(join(cacheOf(env), `${copies(cacheOf(env))[0]}.checked`));
    assert.equal((await run()).code, 7);
    const after = await Deno.stat(join(cacheOf(env), `${copies(cacheOf(env))[0]}.checked`));
    assert.equal(after.ino, before.ino);
  });
}

Deno.test("whatever the umask, a start unpacks a copy that later starts can read", async () => {
  const env = await environment();
  const args = ["-c", 'umask 0777; exec "$0" exit 9', file];
  for (let each = 0; each < 2; each++) {
    const { code, stderr } = await new Deno.Command("sh", { args, env, clearEnv: true }).output();
    assert.deepEqual({ code, err: new TextDecoder().decode(stderr) }, { code: 9, err: "" });
  }
  const [copy = ""] = copies(cacheOf(env));
  assert.equal((await Deno.stat(join(cacheOf(env), `${copy}.checked`))).mode! & 0o777, 0o600);
  // Deno made its own folder by that umask, which only root could remove.
  await new Deno.Command("chmod", { args: ["-R", "u+rwx", cacheOf(env)] }).output();
});

Deno.test("the cache is the user's alone, and a later start unpacks nothing", async () => {
  const env = await warmEnvironment();
  await start(env, "exit", "0");
  const before = await Deno.stat(join(cacheOf(env), copies(cacheOf(env))[0] ?? ""));
  await start(env, "exit", "0");
  const after = await Deno.stat(join(cacheOf(env), copies(cacheOf(env))[0] ?? ""));
  assert.equal((await Deno.stat(cacheOf(env))).mode! & 0o777, 0o700);
  assert.equal(after.ino, before.ino);
});

const damages: Record<string, (copy: string) => Promise<void>> = {
  "with a file missing": (copy) => Deno.remove(join(copy, "build_info.json")),
  "with other code in it": (copy) =>
    Deno.writeTextFile(join(copy, BUNDLE, "mod.js"), "console.log('planted')"),
  "with a file too many": (copy) => Deno.writeTextFile(join(copy, BUNDLE, "more.js"), ""),
  "with a cut file": (copy) => Deno.truncate(join(copy, "deno.json"), 0),
  "with other code of the same length": async (copy) => {
    const file = join(copy, BUNDLE, "mod.js");
    await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace("SIGTERM", "SIGHUP "));
  },
  "with other code of the same length and the same time": async (copy) => {
    const file = join(copy, BUNDLE, "mod.js");
    const { atime, mtime } = await Deno.stat(file);
    await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace("SIGTERM", "SIGHUP "));
    await Deno.utime(file, atime!, mtime!);
  },
  "that was damaged before the machine was booted": async (copy) => {
    // As it is on a disk that lost a bit: nothing but the contents tells it, and the stamp is of an earlier boot.
    const file = join(copy, BUNDLE, "mod.js");
    await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace("SIGTERM", "SIGHUP "));
    const cache = dirname(copy);
    const names = [...Deno.readDirSync(cache)].map(({ name }) =>
      name.match(/^((?:deno|nodepool)-\w+)\.0$/)?.[1] ?? []
    ).flat();
    const script = `. "$1/scripts/unpack.sh"; cache=$2; stamp "$3" "$4"; echo "\${now#* }"`;
    const args = ["-c", script, "sh", root, cache, ...names.sort()];
    const { stdout } = await new Deno.Command("sh", { args }).output();
    const [sum = ""] = new TextDecoder().decode(stdout).split("\n");
    await Deno.writeTextFile(`${copy}.checked`, `0 0 00000000-0000-0000-0000-000000000000 ${sum}\n`);
  },
  "whose file others may write to": (copy) => Deno.chmod(join(copy, BUNDLE, "mod.js"), 0o666),
  "that others may write to": (copy) => Deno.chmod(copy, 0o777),
};

for (const [damage, apply] of Object.entries(damages)) {
  Deno.test(`a copy ${damage} is not run, and another is unpacked`, async () => {
    const env = await warmEnvironment();
    await start(env, "exit", "0");
    const [first = ""] = copies(cacheOf(env));
    await apply(join(cacheOf(env), first));
    const { code, out, err } = await start(env, "exit", "5");
    assert.equal(code, 5);
    assert.equal(out, "");
    assert.match(err, /is damaged; unpacking another$/);
    assert.deepEqual(copies(cacheOf(env)), [first, first.replace(/0$/, "1")]);
    assert.deepEqual(await start(env, "exit", "6"), { code: 6, out: "", err: "" });
  });
}

const now = () => systemClock.now();

/** What a version leaves in the cache that was last used so many days ago; null: before there were marks of that. */
async function leaveCopy(
  cache: string,
  { name, days }: { name: string; days: number | null },
): Promise<void> {
  await Deno.mkdir(cache, { recursive: true, mode: 0o700 });
  for (const folder of [name, `${name}.deno`]) {
    await Deno.mkdir(join(cache, folder));
    await Deno.writeTextFile(join(cache, folder, "file"), "");
  }
  for (const suffix of ["checked", "warm"]) await Deno.writeTextFile(join(cache, `${name}.${suffix}`), "");
  if (days !== null) await markUsed(cache, { name, days });
}

async function markUsed(cache: string, { name, days }: { name: string; days: number }): Promise<void> {
  const used = now() - days * 24 * 60 * 60 * 1000;
  await Deno.writeTextFile(join(cache, `${name}.used`), "");
  await Deno.utime(join(cache, `${name}.used`), used / 1000, used / 1000);
}

const names = (cache: string) => [...Deno.readDirSync(cache)].map(({ name }) => name).sort();

/** What of the earlier version's is in the cache. */
const left = (cache: string) => names(cache).filter((name) => name.startsWith("nodepool-0123"));

Deno.test("a new version's first start takes away what nobody has used for a month", async () => {
  const env = await warmEnvironment();
  const cache = cacheOf(env);
  await leaveCopy(cache, { name: "nodepool-0123456789abcdef.0", days: 32 });
  await leaveCopy(cache, { name: "nodepool-0123456789abcdef.1", days: 29 });
  await leaveCopy(cache, { name: "deno-0123456789abcdef.0", days: 32 });
  await Deno.mkdir(join(cache, "deno"));
  await markUsed(cache, { name: "deno", days: 32 });
  assert.deepEqual(await start(env, "exit", "5"), { code: 5, out: "", err: "" });
  const kept = ["", ".checked", ".deno", ".used", ".warm"].map((end) => `nodepool-0123456789abcdef.1${end}`);
  assert.deepEqual(left(cache), kept);
  assert.equal(names(cache).some((name) => /^deno(-0123.*)?$/.test(name)), false);
  assert.equal(copies(cache).length, 2, "its own is there");
});

Deno.test("a copy that was left before uses were marked has its month from now on", async () => {
  const env = await warmEnvironment();
  const cache = cacheOf(env);
  const name = "nodepool-0123456789abcdef.0";
  await leaveCopy(cache, { name, days: null });
  await start(env, "exit", "5");
  assert.ok(names(cache).includes(name) && names(cache).includes(`${name}.used`));
});

Deno.test("a start marks its copy as used, so that another version's does not take it away", async () => {
  const env = await warmEnvironment();
  const cache = cacheOf(env);
  await start(env, "exit", "5");
  const used = copies(cache).concat(names(cache).filter((name) => /^deno-\w+\.0$/.test(name)));
  assert.equal(used.length, 2);
  for (const name of used) await markUsed(cache, { name, days: 32 });
  await start(env, "exit", "5");
  const ages = used.map((name) => now() - Deno.statSync(join(cache, `${name}.used`)).mtime!.getTime());
  assert.ok(ages.every((age) => age < 24 * 60 * 60 * 1000), `${ages}`);
});

Deno.test("what a process still runs from stays, however long ago it was started", async () => {
  const env = await warmEnvironment();
  const cache = cacheOf(env);
  await start(env, "exit", "5");
  const [program = ""] = copies(cache);
  const deno = names(cache).find((name) => /^deno-\w+\.0$/.test(name)) ?? "";
  const child = new Deno.Command(file, { args: ["wait"], env, clearEnv: true, stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  for (const name of [program, deno]) await markUsed(cache, { name, days: 300 });
  const script = `. ${shellQuote(`${root}/scripts/start.sh`)}; cache=${shellQuote(cache)}; tidy`;
  const tidy = () => new Deno.Command("sh", { args: ["-c", script], env, clearEnv: true }).output();
  await tidy();
  assert.ok(names(cache).includes(program) && names(cache).includes(deno));
  child.kill("SIGTERM");
  await child.status;
  await reader.cancel();
  await tidy();
  assert.ok(!names(cache).includes(program) && !names(cache).includes(deno));
});

/** Makes a folder where the cache would be, lets `spoil` change it, and expects the start to go elsewhere. */
async function expectNotUsed(spoil: (cache: string) => Promise<void>): Promise<void> {
  const env = await environment();
  const cache = cacheOf(env);
  await Deno.mkdir(cache, { recursive: true, mode: 0o700 });
  await spoil(cache);
  const { code, err } = await start(env, "exit", "5");
  assert.equal(code, 5);
  assert.match(err, /^nodepool: not using .*\/\.cache\/nodepool: it is not a folder of yours/);
  assert.deepEqual([...Deno.readDirSync(cache)], []);
  assert.equal(copies(join(env.TMPDIR ?? "", `nodepool-${Deno.uid()}`)).length, 1);
}

Deno.test("a cache that others may write to is not used", () =>
  expectNotUsed((cache) => Deno.chmod(cache, 0o777)));

Deno.test("a cache that is a link is not used", () =>
  expectNotUsed(async (cache) => {
    const elsewhere = await Deno.makeTempDir({ dir: dirname(cache) });
    await Deno.remove(cache);
    await Deno.symlink(elsewhere, cache);
  }));

testNeeding(
  ["root"],
  "a cache of another user is not used",
  () => expectNotUsed((cache) => Deno.chown(cache, 65534, 65534)),
);

testNeeding(["root"], "a copy with another user's file in it is not run", async () => {
  const env = await warmEnvironment();
  await start(env, "exit", "0");
  const [first = ""] = copies(cacheOf(env));
  await Deno.chown(join(cacheOf(env), first, BUNDLE, "mod.js"), 65534, 65534);
  const { code, err } = await start(env, "exit", "5");
  assert.equal(code, 5);
  assert.match(err, /is damaged; unpacking another$/);
});

Deno.test("where the home folder cannot be written to, the temporary folder serves", async () => {
  const env = await environment();
  const unwritable = { ...env, HOME: "/proc/home" }; // nobody can make a folder there
  assert.deepEqual(await start(unwritable, "exit", "5"), { code: 5, out: "", err: "" });
});

Deno.test("with no safe place to unpack to, the start fails and says what to do", async () => {
  const env = await environment();
  await Deno.writeTextFile(env.HOME ?? "", "");
  const { code, out, err } = await start({ ...env, TMPDIR: env.HOME ?? "" }, "exit", "5");
  assert.equal(code, 1);
  assert.equal(out, "");
  assert.match(err, /^nodepool: there is no safe place to unpack to; set XDG_CACHE_HOME/);
});

testNeeding(
  ["mount"],
  "where no program may be run in the cache, each start says so and what to do",
  async () => {
    const env = await warmEnvironment();
    const cache = cacheOf(env);
    const run = async (command: string, ...args: string[]) =>
      assert.ok((await new Deno.Command(command, { args }).output()).success, command);
    await run("mount", "--bind", cache, cache);
    try {
      await run("mount", "-o", "remount,bind,noexec", cache);
      for (let each = 0; each < 2; each++) {
        const { code, err } = await start(env, "exit", "5");
        assert.equal(code, 1);
        assert.match(
          err,
          /^nodepool: no program may be run in .*\/nodepool, as where .* noexec: set XDG_CACHE_HOME/,
        );
      }
    } finally {
      await run("umount", cache);
    }
    assert.equal((await start(env, "exit", "5")).code, 5);
  },
);

Deno.test("a file that was cut while it was copied says so and leaves nothing behind", async () => {
  const env = await environment();
  const cut = join(env.TMPDIR ?? "", "nodepool");
  await Deno.copyFile(file, cut);
  await Deno.truncate(cut, (await Deno.stat(cut)).size - 1000);
  const { code, stderr } = await new Deno.Command(cut, { env, clearEnv: true }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /cannot unpack into .*incomplete/);
  assert.deepEqual([...Deno.readDirSync(cacheOf(env))], []);
});

Deno.test("nodepool itself names its version, its commit and its Deno", async () => {
  const env = await environment();
  const nodepool = join(env.TMPDIR ?? "", "nodepool");
  await compile(root, nodepool);
  const { stdout } = await new Deno.Command(nodepool, { args: ["--version"], env, clearEnv: true }).output();
  const text = new TextDecoder().decode(stdout);
  const { version } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  assert.ok(text.includes(version), text);
  assert.ok(text.includes(Deno.version.deno), text);
  assert.match(text, /\b([0-9a-f]{12}(-dirty)?|unknown)\b/);
  const [tree, ...others] = await bundledWith(env, "src/cli/program.ts");
  assert.deepEqual(others, []);
  // What all commands need: files of its own are only for what comes before it, or for some of them.
  for (const source of ["src/cli/commands/list.ts", "src/domain/node.ts"]) {
    assert.ok(tree!.includes(`// ${source}\n`), source);
  }
});

/** The files of the unpacked bundle that hold the source. */
async function bundledWith(env: Record<string, string>, source: string): Promise<string[]> {
  const [copy] = copies(cacheOf(env));
  const bundle = join(cacheOf(env), copy!, BUNDLE);
  const files = [...Deno.readDirSync(bundle)].filter(({ name }) => name.endsWith(".js"));
  const texts = await Promise.all(files.map(({ name }) => Deno.readTextFile(join(bundle, name))));
  return texts.filter((text) => text.includes(`// ${source}\n`));
}

Deno.test("where the file cannot be made, scripts/compile names the folder and what to do", async () => {
  const args = ["/proc/nodepool"];
  const { code, stderr } = await new Deno.Command(join(folder, "scripts/compile"), { args }).output();
  const said = "scripts/compile: cannot write to /proc: " +
    "name another file to make, as in 'scripts/compile ~/nodepool'\n";
  assert.deepEqual([code, new TextDecoder().decode(stderr)], [1, said]);
});
