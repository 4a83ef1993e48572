/** `nodepoold` and `nodepool-builder` as processes: what whoever starts them is told, and what is left where they fail. */
import assert from "node:assert/strict";
import { processesWith } from "../build/processes.ts";
import type { ProgramName } from "../../src/cli/invoked_program.ts";
import { testNeeding } from "../needs.ts";
import { makeNamed } from "./named_program.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const config = oneCloudConfig({ labels: { small: 1 }, maxServers: 2 });

/** A pool whose daemons are started by name, and ended with it. */
class NamedPool implements AsyncDisposable {
  readonly pool: RunningPool;
  readonly #made: AsyncDisposableStack;

  private constructor(pool: RunningPool, made: AsyncDisposableStack) {
    this.pool = pool;
    this.#made = made;
  }

  static async start(configuration = config): Promise<NamedPool> {
    await using made = new AsyncDisposableStack();
    const pool = made.use(await RunningPool.start({ config: configuration, clouds: [{ bootTime: 100 }] }));
    for (const name of ["nodepoold", "nodepool-builder"] as const) await makeNamed(pool.folder, name);
    return new NamedPool(pool, made.move());
  }

  get pidFile(): string {
    return `${this.pool.folder}/np.pid`;
  }

  command(name: ProgramName, ...args: string[]): Deno.Command {
    return this.commandHere(name, "-c", this.pool.configFile, ...args);
  }

  /** In the pool's folder, where its configuration is. */
  commandHere(name: ProgramName, ...args: string[]): Deno.Command {
    const { folder } = this.pool;
    return new Deno.Command(`${folder}/${name}`, {
      args: ["-p", this.pidFile, ...args],
      cwd: folder,
      env: {
        OS_CLIENT_CONFIG_FILE: `${folder}/clouds.yaml`,
        PATH: `${folder}/bin:${Deno.env.get("PATH") ?? ""}`,
        // Whoever has such a variable in the environment starts a daemon all the same.
        LD_LIBRARY_PATH: "/nowhere",
        NODEPOOL_CONFIG: "",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Starts it, and reads what it prints to the end: nothing in the background may hold that open. */
  async run(name: ProgramName, ...args: string[]): Promise<{ code: number; output: string }> {
    const { code, stdout, stderr } = await this.command(name, ...args).output();
    return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  }

  async pid(): Promise<number | null> {
    const text = await Deno.readTextFile(this.pidFile).catch(() => "");
    return Number(text) || null;
  }

  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const pid = await this.pid();
    if (pid === null) return;
    Deno.kill(pid, signal);
    await this.pool.until(async () => await this.pid() !== pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#made[Symbol.asyncDispose]();
  }
}

testNeeding(
  ["bash"],
  "nodepoold returns once it runs, and what it prints is in a file of its owner's alone",
  async () => {
    await using named = await NamedPool.start();
    assert.deepEqual(await named.run("nodepoold"), { code: 0, output: "" });
    assert.notEqual(await named.pid(), null);
    await using daemon = await named.pool.connect();
    assert.notEqual(daemon, null, "nobody listens yet");
    await named.pool.until(async () => await named.pool.count("ready") === 1);
    const log = `${named.pool.folder}/nodepoold.log`;
    assert.match(await Deno.readTextFile(log), /"message":"node 1: login -> ready/);
    assert.equal((await Deno.stat(log)).mode! & 0o777, 0o600);
  },
);

testNeeding(
  ["bash"],
  "a pid file that a killed nodepoold left is taken over, one that lives is refused",
  async () => {
    await using named = await NamedPool.start();
    await Deno.writeTextFile(named.pidFile, "99999999\n");
    assert.equal((await named.run("nodepoold")).code, 0);
    const first = await named.pid();
    // The same pid file for another pool.
    await using other = await RunningPool.start({ config, clouds: [{}] });
    const { code, output } = await named.run("nodepoold", "-c", other.configFile);
    assert.equal(code, 1);
    assert.match(
      output,
      new RegExp(`^nodepoold: cannot write the pid file .*: process ${first} is running and owns it`),
    );
    assert.equal(await named.pid(), first);
  },
);

const failures: readonly (readonly [
  what: string,
  change: (named: NamedPool) => Promise<readonly string[]>,
  code: number,
  output: RegExp,
])[] = [
  [
    "a configuration that is broken",
    async ({ pool }) => {
      await pool.configure(config.replace("max-servers", "max-servres"));
      return [];
    },
    2,
    /\nnodepoold: .*nodepool\.yaml:\d+:\d+: .*unknown key; did you mean "max-servers"\?\n +\d+ \| +max-servres: …\n +\| +\^{11}\n$/,
  ],
  [
    "a configuration that is missing",
    async ({ pool }) => {
      await Deno.remove(pool.configFile);
      return [];
    },
    2,
    /^nodepoold: .*nodepool\.yaml: cannot be read: there is no such file\n$/,
  ],
  [
    "a folder of the pid file that is missing",
    ({ pool }) => Promise.resolve(["-p", `${pool.folder}/run/np.pid`]),
    1,
    /^nodepoold: cannot write the pid file .*: there is no such directory; create it, or give another --pidfile\n$/,
  ],
  [
    "a logging.conf that is missing",
    ({ pool }) => Promise.resolve(["-l", `${pool.folder}/none.conf`]),
    2,
    /^nodepoold: .*none\.conf: cannot read the logging configuration: there is no such file\n$/,
  ],
  [
    "a log whose folder is missing",
    async ({ pool }) => {
      await pool.configure(`${config}log: {file: FOLDER/none/nodepool.log}\n`);
      return [];
    },
    1,
    /^nodepoold: cannot write the log .*: there is no such directory; create it, or name another file\n$/,
  ],
  [
    "a state that is none",
    async ({ pool }) => {
      await Deno.writeTextFile(pool.state, "no database, but more than a few bytes of text".repeat(100));
      return [];
    },
    1,
    /^nodepoold: .*nodepool\.kv/,
  ],
];

for (const [what, change, expected, message] of failures) {
  testNeeding(
    ["bash"],
    `nodepoold tells whoever started it of ${what}, and leaves nothing running`,
    async () => {
      await using named = await NamedPool.start();
      const { code, output } = await named.run("nodepoold", ...await change(named));
      assert.match(output, message);
      assert.equal(code, expected);
      assert.equal(await named.pid(), null);
      assert.deepEqual(await processesWith(named.pool.folder), []);
    },
  );
}

testNeeding(["bash"], "nodepoold that is interrupted while it starts leaves nothing running", async () => {
  await using named = await NamedPool.start();
  using lock = await Deno.open(`${named.pool.state}.lock`, { create: true, write: true });
  await lock.lock(true);
  const starter = named.command("nodepoold").spawn();
  await named.pool.until(async () => (await processesWith(named.pool.folder)).length > 1, { every: 10 });
  starter.kill("SIGINT");
  const { code } = await starter.output();
  assert.notEqual(code, 0);
  await named.pool.until(async () => (await processesWith(named.pool.folder)).length === 0);
});

const building = config.replace(
  "providers:\n  - name: main",
  "diskimages: [{name: noble, elements: [tiny]}]\nproviders:\n  - name: main",
).replace("labels:", "images-dir: FOLDER/images\nlabels:") +
  "      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key}\n";

testNeeding(
  ["bash"],
  "where 2016's two halves meet on one state, each is told what to run instead",
  async (t) => {
    const instead = "run nodepoold alone, without --no-builder";
    await t.step("the builder by the daemon, which says that nobody builds", async () => {
      await using named = await NamedPool.start(building);
      assert.deepEqual(await named.run("nodepoold", "--no-builder"), { code: 0, output: "" });
      const log = await Deno.readTextFile(`${named.pool.folder}/nodepoold.log`);
      assert.match(log, /nothing builds or uploads diskimages.*start it without --no-builder/);
      const builder = await named.run("nodepool-builder", "-p", `${named.pool.folder}/builder.pid`);
      assert.equal(builder.code, 3);
      assert.match(builder.output, /in use by nodepool daemon --no-builder \(pid \d+\)/);
      assert.ok(builder.output.includes(instead), builder.output);
    });

    await t.step("the daemon by the builder", async () => {
      await using named = await NamedPool.start(building);
      assert.deepEqual(await named.run("nodepool-builder"), { code: 0, output: "" });
      const daemon = await named.run("nodepoold", "--no-builder", "-p", `${named.pool.folder}/nodepool.pid`);
      assert.equal(daemon.code, 3);
      assert.match(daemon.output, /in use by nodepool daemon --builder-only \(pid \d+\)/);
      assert.ok(daemon.output.includes(instead), daemon.output);
    });
  },
);

testNeeding(["bash"], "nodepool-builder builds and uploads, and runs no nodes", async () => {
  await using named = await NamedPool.start(building);
  await named.pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0.2 }));
  assert.deepEqual(await named.run("nodepool-builder"), { code: 0, output: "" });
  assert.equal((await named.pool.run("image-update", "main", "noble")).code, 0);
  const log = await Deno.readTextFile(`${named.pool.folder}/nodepool-builder.log`);
  assert.ok(log.includes("no status endpoint"), log);
  assert.equal(named.pool.simulator.journal.countOf("server.create"), 0);
  assert.equal(named.pool.simulator.cloud().images.counts().standing, 1);
});

testNeeding(
  ["bash"],
  "nodepoold that is told no configuration runs on the one in its working directory",
  async () => {
    await using named = await NamedPool.start();
    const { code, stderr } = await named.commandHere("nodepoold").output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    await using daemon = await named.pool.connect();
    const { config_file: file } = (await daemon!.ask("status", {})).daemon!;
    assert.equal(file, named.pool.configFile);
  },
);
