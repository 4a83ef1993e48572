/**
 * kill -9 of the daemon at thirty seeded instants while an image is built, uploaded, set up and snapshotted: it goes on
 * where it was, and in the end nothing is left on the disk, on the cloud or among the processes that no record knows.
 */
import { MARKER } from "../../src/build/folder_marker.ts";
import assert from "node:assert/strict";
import { processesWith } from "../build/processes.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { seededRandom } from "../../src/lib/random.ts";
import type { DibImageListView, ImageView } from "../../src/views/image_lists.ts";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const KILLS = 30;
/** Longest life of a daemon before it is killed, in milliseconds: about what one update takes. */
const LIFE = 5_000;

const config = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
images-dir: FOLDER/images
script-dir: FOLDER/scripts
limits: {image-keep: 1s}
labels:
  - {name: built, image: noble, min-ready: 1, providers: [{name: main}]}
  - {name: prepared, image: ready-made, min-ready: 1, providers: [{name: main}]}
diskimages:
  - {name: noble, elements: [tiny]}
providers:
  - name: main
    cloud: simulator
    max-servers: 20
    rate: 0
    images:
      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT}
      - {name: ready-made, base-image: debian-12, setup: prepare.sh, min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT}
`;

const cloud = {
  bootTime: { mean: 400, jitter: 200 },
  deleteTime: { mean: 200, jitter: 100 },
  latency: { mean: 20, jitter: 15 },
  saveTime: { mean: 400, jitter: 300 },
  snapshotTime: { mean: 500, jitter: 300 },
  ssh: { commands: [{ command: "*prepare.sh*", time: 400 }] },
};

async function images(pool: RunningPool): Promise<readonly ImageView[]> {
  await using daemon = await pool.connect();
  return (await daemon?.ask("image-list", {}).catch(() => null))?.images ?? [];
}

async function answers(pool: RunningPool): Promise<boolean> {
  await using daemon = await pool.connect();
  return daemon !== null;
}

async function builds(pool: RunningPool): Promise<DibImageListView["dib_images"]> {
  await using daemon = await pool.connect();
  return (await daemon?.ask("dib-image-list", {}))?.dib_images ?? [];
}

/** Asks for both images anew; a daemon that is being killed leaves its clients without an answer. */
async function update(pool: RunningPool): Promise<void> {
  await using daemon = await pool.connect();
  for (const image of ["noble", "ready-made"]) {
    await daemon?.ask("image-order", { kind: "update", provider: null, image }).catch(() => {});
  }
}

/** Everything that is wanted is there, and nothing else: of each image the newest two, and the one that its node is from. */
async function isWhole(pool: RunningPool): Promise<boolean> {
  const [made, built, nodes] = [await images(pool), await builds(pool), await pool.nodes()];
  return made.every(({ state }) => state === "ready") && nodes.length === 2 &&
    nodes.every(({ state, image, image_version }) => {
      const versions = made.filter((one) => one.image === image).map(({ version }) => version).sort((a, b) =>
        b - a
      );
      return state === "ready" && versions.length >= 2 &&
        versions.slice(2).every((one) => one === image_version);
    }) &&
    built.length === 2 && built.every(({ state }) => state === "ready");
}

/** The processes that build into the pool's folder. */
function builders(pool: RunningPool): Promise<readonly string[]> {
  return processesWith(`${pool.folder}/images/`);
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== MARKER).sort();
}

Deno.test("a pool whose daemon is killed at thirty instants makes its images, and leaves nothing behind", async () => {
  const seed = Number(Deno.env.get("NODEPOOL_TEST_SEED") ?? 20_160_614);
  console.log(`seed ${seed}; NODEPOOL_TEST_SEED=${seed} repeats it`);
  const random = seededRandom(seed);
  await using pool = await RunningPool.start({ config, seed, clouds: [cloud] });
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0.8 }));
  await Deno.mkdir(`${pool.folder}/scripts`);
  await Deno.writeTextFile(`${pool.folder}/scripts/prepare.sh`, "#!/bin/sh\n", { mode: 0o755 });

  for (let kills = 0; kills < KILLS; kills++) {
    pool.startDaemon();
    await pool.until(() => answers(pool));
    if (random.float() < 0.6) await update(pool);
    await systemClock.sleep(random.integer(LIFE));
    await pool.stopDaemon("SIGKILL");
  }
  pool.startDaemon();
  await pool.until(() => answers(pool));
  await update(pool);
  await pool.until(() => isWhole(pool));

  const made = pool.simulator.journal.rows().filter(({ operation, effect }) =>
    effect && (operation === "image.create" || operation === "server.snapshot")
  );
  for (const [record, rows] of Map.groupBy(made, ({ imageRecordId }) => imageRecordId)) {
    assert.ok(record !== null, `image ${rows[0]?.imageId} carries no mark of ours`);
    assert.equal(rows.length, 1, `image ${record} was made ${rows.length} times`);
  }
  const { images: onCloud, keypairs, servers } = pool.simulator.cloud();
  assert.equal(onCloud.counts().standing, (await images(pool)).length, "images on the cloud");
  assert.equal(keypairs.size, 0, "keypairs on the cloud");
  assert.equal(servers.counts().standing, 2, "servers on the cloud");
  const ready = await builds(pool);
  const files = ready.map(({ filename }) => `${filename.split("/").at(-1)}.qcow2`).sort();
  assert.deepEqual(filesOf(`${pool.folder}/images`).filter((name) => !name.endsWith(".d")), files);
  assert.deepEqual(await builders(pool), [], "processes that still build");
  assert.equal(await pool.stopDaemon(), 0);
});
