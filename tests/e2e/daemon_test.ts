/** The daemon as a process: its signals, its configuration over time, its files and its logs. */
import assert from "node:assert/strict";
import { processesWith } from "../build/processes.ts";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

interface ConfigOptions {
  /** Nodes to keep ready, by label. */
  readonly labels?: Readonly<Record<string, number>>;
  readonly maxServers?: number;
  readonly more?: string;
}

const configOf = ({ labels = { small: 2 }, maxServers = 4, more }: ConfigOptions = {}) =>
  oneCloudConfig({ labels, maxServers, more });

const QUICK = { bootTime: 100, deleteTime: 50 };

function made(pool: RunningPool): number {
  return pool.simulator.journal.rows().filter((row) => row.operation === "server.create" && row.effect)
    .length;
}

async function readyIds(pool: RunningPool): Promise<readonly number[]> {
  return (await pool.nodes()).filter(({ state }) => state === "ready").map(({ id }) => id).sort((a, b) =>
    a - b
  );
}

async function problems(pool: RunningPool): Promise<readonly string[]> {
  await using daemon = await pool.connect();
  return (await daemon?.ask("status", {}))?.problems ?? ["no daemon"];
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.sort();
}

async function modeOf(path: string): Promise<string> {
  return ((await Deno.stat(path)).mode! & 0o777).toString(8);
}

Deno.test("a daemon that is told to stop exits 0, and the next one goes on with its nodes", async (t) => {
  await using pool = await RunningPool.start({ config: configOf(), clouds: [{ ...QUICK, bootTime: 1_000 }] });
  const pidFile = `${pool.folder}/nodepool.pid`;
  pool.startDaemon("-p", pidFile);
  // The first is stopped while its nodes are building.
  await pool.until(() => made(pool) === 2, { every: 20 });

  for (const signal of ["SIGTERM", "SIGINT", "SIGUSR1"] as const) {
    await t.step(signal, async () => {
      assert.equal(await Deno.readTextFile(pidFile), `${pool.pid}\n`);
      assert.equal(await pool.stopDaemon(signal), 0);
      assert.ok((await pool.log()).includes(`"stopping on ${signal}; `), await pool.log());
      const state = ["nodepool.kv", "nodepool.kv.lock"];
      const left = [".nodepool.kv.witness", "clouds.yaml", "daemon.log", "key", ...state, "nodepool.yaml"];
      assert.deepEqual(await filesOf(pool.folder), left, "files are left behind");
      assert.deepEqual(await processesWith(pool.folder), [], "processes are left behind");
      await assert.rejects(pool.fetch("/healthz"));

      pool.startDaemon("-p", pidFile);
      await pool.until(async () => await pool.count("ready") === 2);
      assert.deepEqual(await readyIds(pool), [1, 2]);
      assert.equal(made(pool), 2);
    });
  }

  await t.step("killed, it leaves a socket and a pid file that the next one replaces", async () => {
    assert.equal(await pool.stopDaemon("SIGKILL"), 128 + 9);
    assert.ok((await filesOf(pool.folder)).includes("nodepool.kv.sock"));
    assert.match((await pool.run("acquire", "small")).stderr, /no daemon is running/);
    pool.startDaemon("-p", pidFile);
    await pool.until(async () => await pool.count("ready") === 2);
    assert.equal(await Deno.readTextFile(pidFile), `${pool.pid}\n`);
  });

  await t.step("state, lock and control socket are their owner's alone", async () => {
    for (const path of [pool.state, `${pool.state}.lock`, `${pool.state}.sock`]) {
      assert.equal(await modeOf(path), "600", path);
    }
  });
});

Deno.test("a daemon whose files somebody removed while it ran stops with 0 all the same", async () => {
  await using pool = await RunningPool.start({ config: configOf(), clouds: [QUICK] });
  await Deno.mkdir(`${pool.folder}/run`);
  await Deno.writeTextFile(`${pool.folder}/log.yaml`, `file: ${pool.folder}/run/nodepool.log\n`);
  pool.startDaemon("-p", `${pool.folder}/run/nodepool.pid`, "-l", `${pool.folder}/log.yaml`);
  await pool.until(async () => await pool.count("ready") === 2);
  await Deno.remove(`${pool.folder}/run`, { recursive: true });
  for (
    const name of ["log.yaml", "nodepool.yaml", "clouds.yaml", "key", "nodepool.kv.lock", "nodepool.kv.sock"]
  ) {
    await Deno.remove(`${pool.folder}/${name}`);
  }
  assert.equal(await pool.stopDaemon(), 0, await pool.log());
});

Deno.test("a changed configuration is noticed and put into force, a broken one is told of and is not", async (t) => {
  await using pool = await RunningPool.start({ config: configOf(), clouds: [QUICK] });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);

  await t.step("more nodes are launched where there is more room", async () => {
    await pool.configure(configOf({ labels: { small: 5 }, maxServers: 3 }));
    await pool.until(async () => await pool.count("ready") === 3 && (await problems(pool)).length === 1);
    assert.deepEqual(await problems(pool), [
      "label small: 2 nodes missing: main: max-servers 3/3; " +
      "remedy: raise max-servers of main, or release nodes: `nodepool list --provider main`",
    ]);
    await pool.configure(configOf({ labels: { small: 5 }, maxServers: 8 }));
    await pool.until(async () => await pool.count("ready") === 5);
    const changes = (await pool.logLines()).map(({ message }) => message);
    assert.ok(
      changes.some((message) => /^configuration: .*max-servers.*3.*8/.test(message)),
      changes.filter((message) => message.startsWith("configuration")).join("\n"),
    );
  });

  await t.step("a label that is added gets its nodes, and one that is removed loses them", async () => {
    await pool.configure(configOf({ labels: { small: 5, other: 1 }, maxServers: 8 }));
    await pool.until(async () =>
      (await pool.nodes()).some(({ label, state }) => label === "other" && state === "ready")
    );
    await pool.configure(configOf({ labels: { other: 1 }, maxServers: 8 }));
    await pool.until(async () => (await pool.nodes()).every(({ label }) => label === "other"));
    assert.equal(await pool.count("ready"), 1);
    assert.equal(pool.simulator.cloud().servers.counts().standing, 1);
  });

  await t.step("a broken one is told of, and the last good one stays in force", async () => {
    const broken = configOf({ labels: { other: 3 }, maxServers: 8 }).replace("rate: 0", "rat: 0");
    await pool.configure(broken);
    const wrong =
      `configuration: ${pool.configFile}:11:5: providers[0].rat: unknown key; did you mean "rate"?; see: nodepool manual broken-configuration`;
    // The daemon may have read the file while it was being written.
    await pool.until(async () => (await problems(pool)).some((problem) => problem.includes("rat")));
    assert.deepEqual(await problems(pool), [wrong]);
    const status = await pool.run("status");
    assert.ok(status.stdout.includes(wrong), status.stdout);
    assert.match(
      await pool.log(),
      /the last good one stays in force.*"excerpt":" +11 \| +rat: …\\n +\| +\^\^\^"/,
    );
    assert.equal(await pool.count("ready"), 1);
    const readiness = await pool.fetch("/readyz", { headers: { accept: "application/json" } });
    assert.deepEqual([readiness.status, await readiness.json()], [200, { ready: true, reasons: [] }]);
  });

  await t.step("a file that is gone changes nothing either", async () => {
    await Deno.remove(pool.configFile);
    await pool.until(async () =>
      (await problems(pool)).some((problem) => problem.includes("there is no such file"))
    );
    assert.equal(await pool.count("ready"), 1);
  });

  await t.step("repaired, it is in force and nothing is wrong any more", async () => {
    await pool.configure(configOf({ labels: { other: 3 }, maxServers: 8 }));
    await pool.until(async () => await pool.count("ready") === 3);
    assert.deepEqual(await problems(pool), []);
  });

  await t.step("a repaired file that says what was in force before leaves nothing wrong", async () => {
    await pool.configure("labels: [");
    await pool.until(async () => (await problems(pool)).length > 0);
    await pool.configure(configOf({ labels: { other: 3 }, maxServers: 8 }));
    await pool.until(async () => (await problems(pool)).length === 0);
  });

  await t.step("SIGHUP reads clouds.yaml at once too", async () => {
    await pool.writeClouds(pool.cloudsYaml().replace("password: nodepool", "password: another"));
    Deno.kill(pool.pid, "SIGHUP");
    await pool.until(async () =>
      (await problems(pool)).some((problem) => problem.startsWith("provider main: "))
    );
    await pool.writeClouds(pool.cloudsYaml());
    Deno.kill(pool.pid, "SIGHUP");
    await pool.until(async () => (await problems(pool)).length === 0 && await pool.count("ready") === 3);
    assert.ok(!(await pool.log()).includes("another"), "the log has a password");
  });
});

Deno.test("a cloud that is down comes when it is up again, and nothing is lost meanwhile", async (t) => {
  await using pool = await RunningPool.start({ config: configOf(), clouds: [QUICK] });
  await t.step("down at the daemon's start", async () => {
    const down = pool.simulator.arm({ fault: 23 });
    pool.startDaemon();
    await pool.until(async () =>
      (await problems(pool)).some((problem) => problem.startsWith("provider main: "))
    );
    const notReady = await pool.fetch("/readyz", { headers: { accept: "application/json" } });
    assert.equal(notReady.status, 503);
    const { reasons } = await notReady.json();
    assert.equal(reasons.length, 1);
    assert.match(reasons[0], /^no provider answers: main: /);
    pool.simulator.disarm(down.id);
    await pool.until(async () => await pool.count("ready") === 2);
    assert.deepEqual(await problems(pool), []);
  });

  await t.step("Keystone down, and every token void", async () => {
    const down = pool.simulator.arm({ fault: 23, service: "identity" });
    pool.simulator.cloud().tokens.revokeAll();
    const ran = await pool.run("delete", "1");
    assert.equal(ran.code, 0, ran.stderr);
    await pool.until(async () =>
      (await problems(pool)).some((problem) => problem.startsWith("provider main: "))
    );
    assert.deepEqual(await readyIds(pool), [2]);
    pool.simulator.disarm(down.id);
    await pool.until(async () => await pool.count("ready") === 2 && await pool.count() === 2);
    assert.ok((await readyIds(pool)).includes(2), "the node that was ready is lost");
    await pool.until(async () => (await problems(pool)).length === 0);
    assert.equal(made(pool), 3);
    assert.equal(pool.simulator.cloud().servers.counts().standing, 2);
  });
});

const PASSWORD = "correct-horse-battery-staple";
/** How the simulated Keystone's tokens begin. */
const TOKEN = "gAAAAAB";
const LISTS = ["list", "label-list", "provider-list", "request-list", "job-list", "status", "alien-list"];
const PATHS = [
  "/",
  "/node-list",
  "/label-list",
  "/provider-list",
  "/request-list",
  "/job-list",
  "/nodes/1",
  "/nodes/1/metadata",
];

Deno.test("every log line is JSON with the facts by name, and no secret is in logs, lists or pages", async () => {
  const more = "log: {level: debug, file: FOLDER/nodepool.log}";
  const cloud = { ...QUICK, password: PASSWORD };
  await using pool = await RunningPool.start({ config: configOf({ more }), clouds: [cloud] });
  const file = `${pool.folder}/nodepool.log`;
  const fault = pool.simulator.arm({ fault: 22, count: 2 });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);
  pool.simulator.disarm(fault.id);
  // Refusals and failures are where secrets would show.
  await pool.writeClouds(pool.cloudsYaml().replace(PASSWORD, `${PASSWORD}-of-old`));
  Deno.kill(pool.pid, "SIGHUP");
  await pool.until(async () => (await problems(pool)).length > 0);

  const outputs = await Promise.all(LISTS.map((list) => pool.run(list, "-o", "json")));
  const shown = await pool.run("config-validate", "--show");
  const inventory = await pool.run("inventory", "--list");
  const url = (await Deno.readTextFile(file)).match(/"url":"([^"]+)"/)?.[1];
  const pages = await Promise.all(PATHS.map(async (path) => {
    const answer = await fetch(`${url}${path}`);
    assert.equal(answer.status, 200, path);
    return await answer.text();
  }));
  assert.equal(await pool.stopDaemon(), 0);

  const lines = (await Deno.readTextFile(file)).split("\n").slice(0, -1).map((line) => JSON.parse(line));
  for (const { time, level, category, message } of lines) {
    assert.ok(!Number.isNaN(Date.parse(time)) && level && message, JSON.stringify(message));
    assert.match(category, /^nodepool(\.|$)/);
  }
  for (const { message, ...facts } of lines.filter(({ category }) => category === "nodepool.node")) {
    if (!message.startsWith("node ")) continue;
    assert.deepEqual([typeof facts.node, facts.provider, facts.label], ["number", "main", "small"], message);
  }
  assert.ok(lines.some((line) => line.to === "ready" && line.from === "login" && line.seconds >= 0));
  assert.equal(await modeOf(file), "600");

  const key = (await Deno.readTextFile(`${pool.folder}/key`)).split("\n")[2]!;
  const all = [...outputs, shown, inventory].flatMap(({ stdout, stderr }) => [stdout, stderr]).concat(
    pages,
    await pool.log(),
    await Deno.readTextFile(file),
  );
  for (const [name, secret] of Object.entries({ password: PASSWORD, token: TOKEN, key })) {
    assert.ok(!all.some((text) => text.includes(secret)), `a ${name} is shown`);
  }
});
