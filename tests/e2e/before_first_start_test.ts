/** Every command before a daemon has ever run: lists are empty, and only what has something to write makes the state. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { RunningPool } from "./running_pool.ts";

const CONFIG = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
labels: [{name: small, image: debian, min-ready: 1, providers: [{name: simulator}]}]
providers:
  - name: simulator
    cloud: simulator
    max-servers: 2
    rate: 0
    images: [{name: debian, base-image: debian-12, min-ram: 512, private-key: FOLDER/key}]
`;

const LISTS = [
  "list",
  "image-list",
  "dib-image-list",
  "job-list",
  "request-list",
  "alien-list",
  "alien-image-list",
  "label-list",
  "provider-list",
  "status",
] as const;

async function files(pool: RunningPool): Promise<readonly string[]> {
  return (await Array.fromAsync(Deno.readDir(pool.folder))).map(({ name }) => name).sort();
}

Deno.test("lists before the daemon's first start are empty, with a note, and make no state", async () => {
  await using pool = await RunningPool.start({ config: CONFIG });
  const before = await files(pool);
  for (const list of LISTS) {
    const { code, stdout, stderr } = await pool.run(list);
    assert.equal(code, 0, `${list}: ${stderr}`);
    assert.match(stderr, /^nodepool: no daemon has run on .*nodepool\.kv yet: there is nothing to show\n$/);
    assert.match(stdout, list === "status" ? /^daemon +not running/ : /^\+-/, list);
  }
  const { nodes } = parse((await pool.run("list", "-o", "json")).stdout);
  assert.deepEqual(nodes, []);
  assert.equal((await pool.run("inventory", "--list")).code, 0);
  assert.deepEqual(await files(pool), before);
});

Deno.test("commands for nodes and jobs that never were say so, and make no state", async () => {
  await using pool = await RunningPool.start({ config: CONFIG });
  const before = await files(pool);
  for (
    const command of ["hold", "delete", "release", "job-delete", "image-delete", "dib-image-delete", "list"]
  ) {
    const { code, stderr } = await pool.run(command, "7");
    assert.equal(code, 1, command);
    assert.match(stderr, /there is no (node|job|image|dib image) 7\n/, command);
  }
  assert.equal((await pool.run("state", "adopt")).code, 1);
  assert.deepEqual(await files(pool), before);
});

Deno.test("a job that is created before the daemon's first start is known to the daemon", async () => {
  await using pool = await RunningPool.start({ config: CONFIG });
  const { code, stdout } = await pool.run("job-create", "flaky");
  assert.deepEqual([code, stdout], [0, "job 1: nodes on which flaky fails are held, up to 1\n"]);
  const jobs = async () => {
    const { jobs } = parse((await pool.run("job-list", "-o", "json")).stdout);
    return jobs.map(({ id, name, hold_on_failure: most }: Record<string, unknown>) => [id, name, most]);
  };
  const made = [[1, "flaky", 1]];
  assert.deepEqual(await jobs(), made);
  pool.startDaemon();
  await pool.until(async () => (await pool.nodes()).some(({ state }) => state === "building"));
  assert.deepEqual(await jobs(), made);
  await pool.stopDaemon();
});

Deno.test("a state that is gone is no empty pool", async () => {
  await using pool = await RunningPool.start({ config: CONFIG });
  await pool.run("job-create", "flaky");
  await pool.run("job-create", "other");
  for (const { name } of await Array.fromAsync(Deno.readDir(pool.folder))) {
    if (/^nodepool\.kv(-wal|-shm)?$/.test(name)) await Deno.remove(`${pool.folder}/${name}`);
  }
  const { code, stderr } = await pool.run("list");
  assert.equal(code, 1);
  assert.match(stderr, /nodepool\.kv, which a daemon has written before, is missing/);
});
