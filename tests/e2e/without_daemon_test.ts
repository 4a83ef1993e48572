/**
 * Commands that have work done, where no daemon runs: they do it themselves, with the state locked as a daemon locks it,
 * and touch nothing else. What they do not finish is the next daemon's.
 */
import assert from "node:assert/strict";
import { processesWith } from "../build/processes.ts";
import { parse } from "yaml";
import type { NodeView } from "../../src/views/node_list.ts";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const IMAGE = "min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT";

const CONFIG = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
images-dir: FOLDER/images
script-dir: FOLDER/scripts
labels:
  - {name: plain, image: debian, min-ready: 2, providers: [{name: main}]}
  - {name: built, image: noble, min-ready: 0, providers: [{name: main}]}
  - {name: other, image: jammy, min-ready: 0, providers: [{name: main}]}
  - {name: prepared, image: ready-made, min-ready: 0, providers: [{name: main}]}
diskimages:
  - {name: noble, elements: [tiny]}
  - {name: jammy, elements: [tiny]}
providers:
  - name: main
    cloud: simulator
    max-servers: 20
    rate: 0
    images:
      - {name: debian, base-image: debian-12, ${IMAGE}}
      - {name: noble, diskimage: noble, ${IMAGE}}
      - {name: jammy, diskimage: jammy, ${IMAGE}}
      - {name: ready-made, base-image: debian-12, setup: prepare.sh, ${IMAGE}}
`;

async function pooled({ seconds = 0.2, config = CONFIG } = {}): Promise<RunningPool> {
  await using making = new AsyncDisposableStack();
  const clouds = [{ bootTime: 100, deleteTime: 50, saveTime: 50, snapshotTime: 100 }];
  const pool = making.use(await RunningPool.start({ config, clouds }));
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds }));
  await Deno.mkdir(`${pool.folder}/scripts`);
  await Deno.writeTextFile(`${pool.folder}/scripts/prepare.sh`, "#!/bin/sh\n", { mode: 0o755 });
  making.move();
  return pool;
}

async function listed(pool: RunningPool, list: string): Promise<readonly Record<string, unknown>[]> {
  const { stdout, code, stderr } = await pool.run(list, "-o", "json");
  assert.equal(code, 0, stderr);
  const view = parse(stdout);
  return view.dib_images ?? view.images ?? view.nodes;
}

const statesOf = (rows: readonly Record<string, unknown>[]) =>
  rows.map(({ image, state }) => `${image} ${state}`);

Deno.test("image-build, image-upload and image-update without a daemon do the work themselves, and nothing else", async () => {
  await using pool = await pooled();
  const built = await pool.run("image-build", "noble");
  assert.deepEqual([built.code, built.stdout], [0, "diskimage noble: ready\n"], built.stderr);
  assert.deepEqual(statesOf(await listed(pool, "dib-image-list")), ["noble ready"]);
  assert.deepEqual(statesOf(await listed(pool, "image-list")), []);

  const uploaded = await pool.run("image-upload", "noble");
  assert.deepEqual([uploaded.code, uploaded.stdout], [0, "image noble on main: ready\n"], uploaded.stderr);

  const updated = await pool.run("image-update", "all", "ready-made");
  assert.deepEqual([updated.code, updated.stdout], [0, "image ready-made on main: ready\n"], updated.stderr);
  assert.deepEqual(statesOf(await listed(pool, "image-list")), ["noble ready", "ready-made ready"]);
  const { servers, keypairs, images } = pool.simulator.cloud();
  assert.deepEqual([servers.counts().standing, keypairs.size, images.counts().standing], [0, 0, 2]);
  assert.deepEqual(await listed(pool, "list"), [], "no node was launched");

  pool.startDaemon();
  await pool.until(async () => (await pool.nodes()).filter(({ state }) => state === "ready").length === 2);
  assert.equal(await pool.stopDaemon(), 0);
});

Deno.test("what fails without a daemon says so, and exits 1", async () => {
  await using pool = await pooled();
  await pool.installProgram("disk-image-create", "#!/bin/sh\necho no space >&2\nexit 3\n");
  const { code, stdout, stderr } = await pool.run("image-build", "noble");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /nodepool: diskimage noble: .*exit code 3.*; the next daemon tries again\n$/);
  assert.equal((await pool.run("image-build", "nobel")).code, 1);
  await pool.configure("labels: nonsense\n");
  assert.equal((await pool.run("image-build", "noble")).code, 2);
});

Deno.test("an order that is not waited for is left to the next daemon", async () => {
  await using pool = await pooled();
  const { code, stdout, stderr } = await pool.run("image-build", "noble", "--no-wait");
  assert.deepEqual([code, stdout], [0, "diskimage noble: ordered\n"]);
  assert.match(stderr, /no daemon is running; the next one will do it/);
});

Deno.test("Ctrl-C ends a build without a daemon with all its processes, and lists work meanwhile", async () => {
  await using pool = await pooled({ seconds: 600 });
  const command = pool.spawn("image-build", "noble");
  await pool.until(async () => (await builders(pool)).length > 0);
  assert.deepEqual(statesOf(await listed(pool, "dib-image-list")), ["noble building"]);
  const second = await pool.run("image-build", "jammy");
  assert.equal(second.code, 3);
  assert.match(
    second.stderr,
    /no daemon is running, and nodepool image-build \(pid \d+\) is using the state/,
  );
  const daemon = await pool.run("daemon");
  assert.equal(daemon.code, 3);
  assert.match(daemon.stderr, /in use by nodepool image-build \(pid \d+\)/);
  command.kill("SIGINT");
  const { code, stderr } = await command.output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /nodepool: stopped; the next daemon continues it(; the last reason: .*)?\n$/,
  );
  // A shell that ends with the command may be listed for a moment after it.
  await pool.until(async () => (await builders(pool)).length === 0, { within: 5_000 });
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0.2 }));
  assert.equal((await pool.run("image-build", "noble")).code, 0);
});

Deno.test("delete --now without a daemon deletes those nodes, and leaves the others", async () => {
  await using pool = await pooled({ config: CONFIG.replaceAll(/\n.*(noble|jammy|ready-made).*/g, "") });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 2);
  assert.equal(await pool.stopDaemon(), 0);
  const [first, second] = await listed(pool, "list") as unknown as readonly NodeView[];
  assert.equal((await pool.run("delete", String(second!.id))).code, 0);
  const { code, stdout, stderr } = await pool.run("delete", String(first!.id), "--now");
  assert.deepEqual([code, stdout], [0, `node ${first!.id}: deleted\n`], stderr);
  const left = await listed(pool, "list");
  assert.deepEqual(left.map(({ id, state }) => [id, state]), [[second!.id, "delete"]]);
  const standing = pool.simulator.cloud().servers.standing().map(({ id }) => id);
  assert.deepEqual(standing, [second!.server_id]);
});

/** The processes that build into the pool's folder. */
function builders(pool: RunningPool): Promise<readonly string[]> {
  return processesWith(`${pool.folder}/images/`);
}
