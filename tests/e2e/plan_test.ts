/** `nodepool plan` as a user runs it: with a daemon and without one, on files of every kind; and the log of the reload. */
import assert from "node:assert/strict";
import { RunningPool } from "./running_pool.ts";

const CONFIG = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
labels:
  - {name: small, image: debian, min-ready: 2, providers: [{name: main}]}
providers:
  - name: main
    cloud: simulator
    max-servers: 4
    rate: 0
    images: [{name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: FOLDER/key,
              connection-port: SSH_PORT}]
`;

Deno.test("plan tells a changed file from one that changes nothing by its exit code, and errors from both; the reload says the same", async () => {
  await using pool = await RunningPool.start({ config: CONFIG, clouds: [{ bootTime: 100, deleteTime: 50 }] });
  pool.startDaemon();
  await pool.until(async () => (await pool.nodes()).filter(({ state }) => state === "ready").length === 2);
  const other = `${pool.folder}/new.yaml`;
  const inForce = await Deno.readTextFile(`${pool.folder}/nodepool.yaml`);
  const planned = async (text: string, ...more: string[]) => {
    await Deno.writeTextFile(other, text);
    return await pool.run("plan", other, ...more);
  };

  const same = await planned(`# the same\n${inForce}`);
  assert.deepEqual([same.code, same.stdout, same.stderr], [0, `${other} would change nothing\n`, ""]);
  const own = await pool.run("plan");
  assert.deepEqual([own.code, own.stderr], [0, ""]);

  const changed = inForce.replace("name: small", "name: tiny");
  const told = await planned(changed);
  assert.deepEqual([told.code, told.stderr], [2, ""]);
  const line = "label small: nodes: 2 to delete (the configuration no longer has label small), 0 kept";
  assert.match(told.stdout, new RegExp(`^ {2}${RegExp.escape(line)}$`, "m"));
  const json = await planned(changed, "-o", "json");
  assert.deepEqual([json.code, JSON.parse(json.stdout).would_change], [2, true]);

  const broken = await planned(inForce.replace("max-servers: 4", "max-servers: four"));
  assert.deepEqual([broken.code, broken.stdout], [1, ""]);
  const validated = await pool.run("config-validate", other);
  assert.equal(broken.stderr, validated.stderr, "in the words of config-validate");
  const missing = await pool.run("plan", `${pool.folder}/none.yaml`);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /none\.yaml: cannot be read: /);
  assert.equal((await pool.run("plan", "--nonsense")).code, 1, "2 would say that something changes");

  await Deno.writeTextFile(`${pool.folder}/nodepool.yaml`, "labels: many\n");
  await pool.until(async () =>
    (await pool.logLines()).some(({ message }) => /the last good one stays/.test(message))
  );
  await Deno.writeTextFile(`${pool.folder}/nodepool.yaml`, changed);
  await pool.until(async () => (await pool.logLines()).some(({ effect }) => effect === line));
  assert.ok((await pool.logLines()).some(({ message }) => message === "the configuration is good again"));

  await pool.stopDaemon();
  const offline = await planned(inForce);
  assert.equal(offline.code, 2);
  assert.match(offline.stdout, /label tiny: removed\n.*label small: added/);
  assert.match(
    offline.stdout,
    /would change the pool at the next start of the daemon; none is running, so this is based on the state alone\n$/,
  );
});
