/**
 * The sources with the permissions of the compiled program: every command runs, no permission is refused, and of the
 * environment and the system nothing is asked for that is not listed in scripts/permissions.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inheritedEnvironment } from "../../src/build/build_environment.ts";
import { shellQuote } from "../../src/lib/shell_quote.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { runProgram, spawnProgram } from "./program.ts";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const permissions = Deno.readTextFileSync(join(root, "scripts/permissions"))
  .split("\n").filter((line) => line.startsWith("--"));

function listed(option: string): readonly string[] {
  return permissions.filter((line) => line.startsWith(`${option}=`))
    .flatMap((line) => line.slice(option.length + 1).split(","));
}

/** Writes a program that is the sources with these permissions, and notes each permission that is asked for. */
async function makeProgram(folder: string): Promise<string> {
  const words = [
    Deno.execPath(),
    "run",
    "--no-check",
    "--cached-only",
    "--node-modules-dir=manual",
    ...permissions,
    "--config",
    join(root, "deno.json"),
    join(root, "mod.ts"),
  ].map(shellQuote);
  const file = join(folder, "program");
  const audit = `export NODEPOOL_PROGRAM="$0" DENO_AUDIT_PERMISSIONS=${
    shellQuote(`${folder}/asked-`)
  }$$.jsonl`;
  await Deno.writeTextFile(file, `#!/bin/sh\n${audit}\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  return file;
}

interface Asked {
  readonly permission: string;
  readonly value: string | null;
}

async function askedIn(folder: string): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith("asked-")) continue;
    const lines = (await Deno.readTextFile(join(folder, name))).split("\n").filter((line) => line !== "");
    all.push(...lines.map((line) => JSON.parse(line) as Asked));
  }
  return all;
}

const config = oneCloudConfig({ labels: { small: 2 }, maxServers: 6, more: "images-dir: FOLDER/images" })
  .replace(
    "providers:\n  - name: main",
    "diskimages: [{name: noble, elements: [tiny]}]\nproviders:\n  - name: main",
  ) +
  "      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key}\n";

/** What each command exits with. */
const commands: readonly (readonly [number, ...string[]])[] = [
  [0, "--version"],
  [0, "--help"],
  [0, "list", "-o", "wide"],
  [0, "hold", "1", "--reason", "a look", "--for", "1h"],
  [1, "unhold", "999"],
  [0, "delete", "1"],
  [0, "acquire", "small", "-o", "env"],
  [0, "ssh", "2", "hostname"],
  [0, "logs", "2", "--lines", "3"],
  [0, "release", "2", "--result", "SUCCESS"],
  [0, "job-create", "unit", "--hold-on-failure", "1"],
  [0, "job-list"],
  [0, "job-delete", "1"],
  [0, "request-list"],
  [0, "label-list"],
  [0, "provider-list"],
  [0, "dib-image-list", "-o", "yaml"],
  [0, "image-list", "-o", "csv"],
  [0, "image-build", "noble"],
  [0, "image-upload", "main", "noble"],
  [0, "image-update", "main", "noble"],
  [1, "dib-image-delete", "999"],
  [1, "image-delete", "999"],
  [0, "alien-list"],
  [0, "alien-image-list"],
  [0, "inventory", "--list"],
  [0, "status"],
  [0, "dump"],
  [0, "state", "adopt"],
  [0, "state", "check"],
  [0, "state", "export"],
  [0, "config-validate", "--show"],
  [0, "config-validate", "--online"],
  // Nothing comes from there.
  [2, "config-validate", "/dev/stdin"],
  [0, "config-example"],
  [1, "init", "--yes"],
  [0, "manual"],
  [0, "manual", "quota"],
  [0, "complete", "fish", "--", "acquire\n"],
  [0, "install-files", "FOLDER/installed"],
  [1, "install-links", "/nowhere"],
  [2, "simulate", "--listen", "nowhere"],
];

/** Starts a simulator and ends it. @returns what it printed first */
async function simulate(binary: string): Promise<string> {
  const child = spawnProgram(["simulate", "--listen", "127.0.0.1:0", "--ssh-port", "0"], { binary });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  child.kill("SIGTERM");
  await reader.cancel();
  await child.stderr.cancel();
  await child.status;
  return new TextDecoder().decode(value);
}

Deno.test("every command runs with the permissions of the compiled program, and asks for no other", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-permissions-" });
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const binary = await makeProgram(folder);
  await using pool = await RunningPool.start({
    config,
    binary,
    env: { NODEPOOL_ANY: "1", OS_ANY: "2", STATSD_HOST: "127.0.0.1" },
    clouds: [{ bootTime: 50, deleteTime: 50, saveTime: 50 }],
  });
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0.1 }));
  pool.startDaemon("-p", join(folder, "pid"));
  await pool.until(async () => await pool.count("ready") === 2);
  for (const [code, ...args] of commands) {
    const ran = await pool.run(...args.map((word) => word.replace("FOLDER", folder)));
    assert.equal(ran.code, code, `${args.join(" ")}: ${ran.stderr}`);
    assert.doesNotMatch(
      ran.stdout + ran.stderr,
      /NotCapable|Requires \w+ access|may not use/,
      args.join(" "),
    );
  }
  const { stdout: help } = await pool.run("--help");
  const listOfCommands = help.slice(help.indexOf("Commands:"), help.indexOf("Example:"));
  const names = [...listOfCommands.matchAll(/^ {2}([a-z][a-z-]*) .*/gm)].map(([, name]) => name!);
  const run = new Set(commands.map(([, name]) => name));
  assert.deepEqual(names.filter((name) => !run.has(name) && !["daemon", "help"].includes(name)), []);
  for (const path of ["/", "/manual/quota"]) await (await pool.fetch(path)).text();
  for (const said of ["the CPU profiler is on", "CPU profile "]) {
    Deno.kill(pool.pid, "SIGUSR2");
    await pool.until(async () => (await pool.log()).includes(said));
  }
  assert.equal(await pool.stopDaemon(), 0);
  for (const args of [["list"], ["hold", "3"], ["job-list"], ["alien-list"], ["image-build", "noble"]]) {
    const { code, stderr } = await pool.run(...args);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
  }
  assert.match(await simulate(binary), /http:\/\/127\.0\.0\.1:\d+/);
  pool.startDaemon("--no-builder");
  await pool.until(async () => (await pool.log()).split(`"url":`).length === 3);
  assert.equal(await pool.stopDaemon(), 0);
  assert.doesNotMatch(await pool.log(), /NotCapable|Requires \w+ access/);

  const asked = await askedIn(folder);
  // The compiled program may not open one; the sources, which may do anything, would.
  assert.deepEqual(
    asked.filter(({ value }) => value?.includes("file:") === true),
    [],
    "an address for a path",
  );
  const system = new Set(asked.filter(({ permission }) => permission === "sys").map(({ value }) => value));
  assert.deepEqual([...system].sort(), ["inspector", "statfs", "uid", "userInfo", "gid"].sort());
});

Deno.test("all that a build inherits may be read", () => {
  const names = listed("--allow-env");
  const inherited = Object.keys(inheritedEnvironment(Object.fromEntries(names.map((name) => [name, ""]))));
  for (const name of ["PATH", "HOME", "https_proxy", "HTTPS_PROXY", "DIB_*", "NODEPOOL_*", "LC_*"]) {
    assert.ok(inherited.includes(name), name);
  }
  assert.equal(inherited.some((name) => name.startsWith("OS_")), false);
  const env = permissions.filter((line) => line.startsWith("--allow-env"));
  assert.ok(env.every((line) => line.includes("=")), "without a list everything is allowed");
});

Deno.test("of the system all is denied that is not asked for", async () => {
  const kinds = [
    ...[
      "loadavg",
      "hostname",
      "systemMemoryInfo",
      "networkInterfaces",
      "osRelease",
      "osUptime",
      "uid",
      "gid",
    ],
    ...["cpus", "homedir", "getegid", "statfs", "getPriority", "setPriority", "userInfo"],
  ];
  const look = `const kinds = ${JSON.stringify(kinds)};
    const query = (kind) => Deno.permissions.querySync({ name: "sys", kind }).state;
    console.log(JSON.stringify(kinds.filter((kind) => query(kind) !== "denied")));`;
  const file = await Deno.makeTempFile({ suffix: ".js" });
  await using _file = { [Symbol.asyncDispose]: () => Deno.remove(file) };
  await Deno.writeTextFile(file, look);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", ...permissions, file],
  }).output();
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [
    "hostname",
    "osUptime",
    "uid",
    "gid",
    "statfs",
    "userInfo",
  ]);
});

Deno.test("a daemon goes into the background with the permissions of the compiled program", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nodepool-permissions-" });
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const binary = join(folder, "nodepoold");
  await Deno.rename(await makeProgram(folder), binary);
  await using pool = await RunningPool.start({ config, clouds: [{ bootTime: 50 }] });
  const pidFile = join(folder, "np.pid");
  for (const options of [[], ["--no-builder"]]) {
    const ran = await runProgram(["-c", pool.configFile, "-p", pidFile, ...options], {
      binary,
      env: { OS_CLIENT_CONFIG_FILE: join(pool.folder, "clouds.yaml") },
    });
    assert.deepEqual(ran, { code: 0, stdout: "", stderr: "" });
    await pool.until(async () => await pool.count("ready") === 2);
    Deno.kill(Number(await Deno.readTextFile(pidFile)), "SIGTERM");
    await pool.until(async () => !await exists(pidFile));
  }
  assert.doesNotMatch(
    await Deno.readTextFile(join(pool.folder, "nodepoold.log")),
    /NotCapable|Requires \w+ access/,
  );
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
