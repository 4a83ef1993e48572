/** Backups, checks and exports of a running pool's state, as an operator makes and uses them. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

Deno.test("a backup of a running pool is checked, exported, restored, and its nodes are held", async () => {
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 2 }, maxServers: 4 }),
    clouds: [{ bootTime: 100, deleteTime: 50 }],
  });
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await pool.run("state", ...args);
    return { code, stdout, stderr };
  };
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);

  const backup = `${pool.folder}/a backup.kv`;
  assert.match((await run("backup", backup)).stdout, /^.*a backup\.kv: [\d,]+ bytes\n$/);
  const again = await run("backup", backup);
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(again.stderr, /it exists already; name another file/);

  for (const file of [[], [backup]]) {
    const { code, stdout, stderr } = await run("check", ...file);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /node: 2, .*\nNo problems found\.\n$/);
  }

  const refused = await run("restore", backup);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nodepool daemon/);

  const { stdout: exported } = await run("export");
  const lines = exported.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.filter(({ key }) => key?.[0] === "node").length, 2);
  assert.deepEqual(lines.at(-1), { entries: lines.length - 2 });

  await pool.run("delete", "1", "--now");
  await pool.until(async () => await pool.count("ready") === 2);
  Deno.kill(pool.pid, "SIGTERM");
  assert.equal(await pool.daemonsEnd(), 0);
  const restored = await run("restore", backup);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(
    restored.stdout,
    /: restored from .*a backup\.kv\n.*\.replaced-\d+T\d+Z: the state that it replaced\n/,
  );

  pool.startDaemon();
  await pool.until(async () => await pool.count("hold") >= 1 && await pool.count("ready") === 2);
  const { stdout: held } = await pool.run("list", "--state", "hold");
  assert.match(held, /from a restored state/);
});

Deno.test("an exported state is imported elsewhere, and a file that is none makes none", async () => {
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 1 }, maxServers: 4 }),
    clouds: [{ bootTime: 100, deleteTime: 50 }],
  });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  const { stdout } = await pool.run("state", "export");
  Deno.kill(pool.pid, "SIGTERM");
  await pool.daemonsEnd();
  const file = `${pool.folder}/export.jsonl`;
  await Deno.writeTextFile(file, stdout);
  const present = await pool.run("state", "import", file);
  assert.deepEqual([present.code, present.stdout], [1, ""]);
  assert.match(present.stderr, /there is one already; move it away first/);

  for (const suffix of ["", "-wal", "-shm"]) await Deno.remove(pool.state + suffix).catch(() => {});
  const missing = await pool.run("state", "import", `${file}.missing`);
  assert.match(missing.stderr, /there is no such file/);
  assert.equal(missing.code, 2);
  await Deno.writeTextFile(`${file}.cut`, stdout.slice(0, stdout.length / 2));
  const cut = await pool.run("state", "import", `${file}.cut`);
  assert.equal(cut.code, 1);
  assert.match(cut.stderr, /cut off/);
  const imported = await pool.run("state", "import", file);
  assert.equal(imported.code, 0, imported.stderr);
  assert.match(imported.stdout, /No problems found\./);
  const { stdout: nodes } = await pool.run("list", "-o", "json");
  assert.equal(JSON.parse(nodes).nodes.length, 1);
});
