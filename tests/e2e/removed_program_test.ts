/** The self-extracting program, whose unpacked copy is removed while the daemon runs: it has all that it needs. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const empty = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
images-dir: FOLDER/images
script-dir: FOLDER/scripts
labels: []
providers: []
`;

const config = empty.replace(
  /labels:[^]*/,
  `
labels:
  - {name: pair, image: debian, min-ready: 1, subnodes: 1, ready-script: ready.sh, providers: [{name: main}]}
  - {name: built, image: noble, min-ready: 1, providers: [{name: main}]}
  - {name: prepared, image: made, min-ready: 1, providers: [{name: main}]}
diskimages:
  - {name: noble, elements: [tiny]}
providers:
  - name: main
    cloud: simulator
    max-servers: 20
    rate: 0
    images:
      - {name: debian, base-image: debian-12, min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT}
      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT}
      - {name: made, base-image: debian-12, setup: prepare.sh, min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT}
`,
);

Deno.test("a daemon whose unpacked program is removed before its first login launches, builds, answers and ends", async () => {
  const made = await Deno.makeTempDir({ prefix: "nodepool-removed-" });
  await using _made = { [Symbol.asyncDispose]: () => Deno.remove(made, { recursive: true }) };
  const binary = join(made, "nodepool");
  const compile = new Deno.Command(join(root, "scripts/compile"), { args: ["--self-extracting", binary] });
  assert.equal((await compile.output()).success, true);
  const cache = join(made, "cache");
  await using pool = await RunningPool.start({
    config: empty,
    binary,
    env: { XDG_CACHE_HOME: cache, STATSD_HOST: "127.0.0.1", STATSD_PORT: "9" },
    clouds: [{ bootTime: 100, deleteTime: 50, saveTime: 100, snapshotTime: 100 }],
  });
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0.2 }));
  await Deno.mkdir(`${pool.folder}/scripts`);
  for (const name of ["ready.sh", "prepare.sh"]) {
    await Deno.writeTextFile(`${pool.folder}/scripts/${name}`, "#!/bin/sh\n", { mode: 0o755 });
  }
  pool.startDaemon();
  await pool.until(async () => (await pool.log()).includes('"url":'));
  await Deno.remove(cache, { recursive: true });
  await pool.configure(config);
  await using client = (await pool.connect())!;
  assert.deepEqual((await client.ask("reload", {})).problems, []);
  await pool.until(async () => await pool.count("ready") === 4);
  for (const path of ["/", "/node-list", "/nodes/1?format=json", "/style.css", "/readyz"]) {
    const answer = await pool.fetch(path, { headers: { accept: "text/html" } });
    await answer.text();
    assert.equal(answer.status, 200, path);
  }
  const [node] = (await pool.nodes()).filter(({ label }) => label === "built");
  await client.ask("delete", { ids: [node!.id], comment: "enough" });
  await pool.until(async () => await pool.count() === 4 && await pool.count("ready") === 4);
  const troubles = (await pool.logLines()).filter(({ level }) => level === "error" || level === "warning");
  const ours = troubles.map(({ message }) => message).filter((text) => !text.startsWith("configuration: "));
  assert.deepEqual(ours, []);
  assert.equal(await pool.stopDaemon(), 0);
});
