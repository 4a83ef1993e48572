/** The daemon's log as an operator has it: rotated, looked at more closely for a while, and of single commands. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";

const lines = (path: string) => Deno.readTextFileSync(path).trim().split("\n");

Deno.test("the log goes on in a new file after a rotation and SIGHUP, and its levels change while the daemon runs", async () => {
  const config = oneCloudConfig({
    labels: { small: 1 },
    maxServers: 4,
    more: "log: {file: FOLDER/nodepool.log, format: text}",
  });
  await using pool = await RunningPool.start({ config, clouds: [{ bootTime: 100, deleteTime: 50 }] });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  const path = `${pool.folder}/nodepool.log`;
  await Deno.rename(path, `${path}.1`);
  Deno.kill(pool.pid, "SIGHUP");
  await pool.until(() => Promise.resolve(existsSync(path)));

  const set = await pool.run("log-level", "cloud", "debug", "--for", "10m");
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stdout, /^cloud +debug {2}\(configured: info; until \d{4}-/m);
  const status = await pool.run("status");
  await pool.run("delete", "1");
  assert.match(status.stdout, /log level +cloud debug, until \d{4}-/);
  await pool.until(() =>
    Promise.resolve(lines(path).some((line) => /nodepool\.cloud: .* \(req-/.test(line)))
  );
  const reset = await pool.run("log-level", "cloud", "default", "-o", "json");
  const { levels } = JSON.parse(reset.stdout);
  assert.ok(levels.every(({ level, configured }: Record<string, string>) => level === configured));
  const wrong = await pool.run("log-level", "cluod", "debug");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /There is no category "cluod"; did you mean cloud\? The categories are all, /);

  await pool.run("log-level", "all", "debug");
  assert.equal(await pool.stopDaemon(), 0);
  const all = [...lines(`${path}.1`), ...lines(path)];
  for (const line of all) assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) \[/);
  assert.match(all.join("\n"), /these log levels end with this daemon: all debug/);
});

Deno.test("NODEPOOL_LOG shows what any command does, and says what is wrong with it", async () => {
  const config = oneCloudConfig({ labels: { small: 0 }, maxServers: 1 });
  await using pool = await RunningPool.start({ config });
  const run = (value: string, ...args: string[]) => pool.runIn({ NODEPOOL_LOG: value }, ...args);
  const listed = await run("debug", "list", "-o", "json");
  assert.equal(listed.code, 0, listed.stderr);
  assert.ok(JSON.parse(listed.stdout).nodes, "what it prints stays what it was");
  assert.match(listed.stderr, /\[DBG\] nodepool\.control: the state: node-list: answered in \d+ ms/);
  const checked = await run("cloud=debug", "config-validate", "--online");
  assert.match(checked.stderr, /\[DBG\] nodepool\.cloud: list flavors on main: GET .*: 200 in \d+ ms \(req-/);
  const wrong = await run("cloud=loud", "list");
  assert.equal(wrong.code, 2);
  assert.match(
    wrong.stderr,
    /NODEPOOL_LOG=cloud=loud: there is no level "loud"; the levels are trace, debug, /,
  );
});

function existsSync(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
