/** The running daemon whose images-dir is on a disk that is not mounted: an empty folder is in its place. */
import assert from "node:assert/strict";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const config = `
state: FOLDER/nodepool.kv
status: {listen: "127.0.0.1:0"}
images-dir: FOLDER/images
labels:
  - {name: built, image: noble, min-ready: 1, providers: [{name: main}]}
diskimages:
  - {name: noble, elements: [tiny]}
providers:
  - name: main
    cloud: simulator
    max-servers: 20
    rate: 0
    images:
      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key, connection-port: SSH_PORT}
`;

const QUICK = { bootTime: 100, deleteTime: 50, saveTime: 50 };

async function look(pool: RunningPool) {
  await using daemon = await pool.connect();
  const images = (await daemon?.ask("image-list", {}))?.images ?? [];
  const builds = (await daemon?.ask("dib-image-list", {}))?.dib_images ?? [];
  return { images, builds };
}

Deno.test("a daemon that starts while the disk of images-dir is not mounted keeps its builds, and goes on with it", async () => {
  await using pool = await RunningPool.start({ config, clouds: [QUICK] });
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds: 0.1 }));
  pool.startDaemon();
  await pool.until(async () => (await look(pool)).images.some(({ state }) => state === "ready"));
  const { builds: [build] } = await look(pool);
  await pool.stopDaemon("SIGKILL");
  const [mounted, away] = [`${pool.folder}/images`, `${pool.folder}/away`];
  await Deno.rename(mounted, away);
  await Deno.mkdir(mounted);
  pool.startDaemon();
  await pool.until(async () => (await look(pool)).builds.length === 1);
  {
    await using daemon = await pool.connect();
    await daemon!.ask("image-order", { kind: "upload", provider: "main", image: "noble" });
  }
  const why = "lacks the images built there: mount the disk that it is on";
  await pool.until(async () =>
    (await look(pool)).images.some(({ waiting_on }) => waiting_on?.message.includes(why))
  );
  assert.deepEqual((await look(pool)).builds.map(({ id, state }) => [id, state]), [[build!.id, "ready"]]);
  assert.deepEqual([...Deno.readDirSync(mounted)], []);
  await Deno.remove(mounted);
  await Deno.rename(away, mounted);
  await pool.until(async () =>
    (await look(pool)).images.filter(({ state }) => state === "ready").length === 2
  );
  assert.deepEqual((await look(pool)).builds.map(({ id }) => id), [build!.id]);
});
