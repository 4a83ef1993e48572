/** Signals as people and init scripts send them: early, twice, one after the other, and during builds. */
import assert from "node:assert/strict";
import { oneCloudConfig } from "./one_cloud_config.ts";
import { RunningPool } from "./running_pool.ts";
import { scriptedDiskImageCreate } from "./scripted_disk_image_create.ts";

const QUICK = { bootTime: 100, deleteTime: 50 };

const building = oneCloudConfig({ labels: { small: 1 }, maxServers: 4, more: "images-dir: FOLDER/images" })
  .replace(
    "providers:\n  - name: main",
    "diskimages: [{name: noble, elements: [tiny]}]\nproviders:\n  - name: main",
  ) +
  "      - {name: noble, diskimage: noble, min-ram: 512, username: debian, private-key: FOLDER/key}\n";

/** A daemon in the middle of a build that takes that many seconds. */
async function buildingPool(seconds: number): Promise<RunningPool> {
  const pool = await RunningPool.start({ config: building, clouds: [QUICK] });
  await pool.installProgram("disk-image-create", scriptedDiskImageCreate({ seconds }));
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  {
    await using daemon = await pool.connect();
    await daemon!.ask("image-order", { kind: "build", provider: null, image: "noble" });
  }
  await pool.until(async () => (await builds(pool)).includes("building"));
  return pool;
}

/** States of all builds, from the running daemon or from the state. */
async function builds(pool: RunningPool): Promise<readonly string[]> {
  const { stdout } = await pool.run("dib-image-list", "-o", "json");
  const { dib_images } = JSON.parse(stdout || '{"dib_images": []}');
  return dib_images.map(({ state }: { state: string }) => state);
}

/** Sends the signals one after the other, each once the log shows that the daemon has the one before. */
async function send(pool: RunningPool, ...signals: readonly Deno.Signal[]): Promise<void> {
  for (const [index, signal] of signals.entries()) {
    if (index === 1) {
      await pool.until(async () => (await pool.log()).includes("waiting for diskimage builds"));
    }
    Deno.kill(pool.pid, signal);
  }
}

for (const signals of [["SIGINT", "SIGUSR1"], ["SIGUSR1", "SIGINT"], ["SIGUSR1", "SIGUSR1"]] as const) {
  Deno.test(`${signals.join(" and then ")} let a build end well before the daemon does`, async () => {
    await using pool = await buildingPool(4);
    await send(pool, ...signals);
    assert.equal(await pool.daemonsEnd(), 0);
    assert.deepEqual(await builds(pool), ["ready"], await pool.log());
  });
}

for (const signals of [["SIGINT", "SIGINT"], ["SIGINT", "SIGTERM"], ["SIGUSR1", "SIGTERM"]] as const) {
  Deno.test(`${signals.join(" and then ")} end a build at once`, async () => {
    await using pool = await buildingPool(600);
    await send(pool, ...signals);
    assert.equal(await pool.daemonsEnd(), 0);
    assert.notDeepEqual(await builds(pool), ["ready"]);
  });
}

/** Whether the process has a handler of its own for the signals. */
async function handles(pid: number, numbers: readonly number[]): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const mask = BigInt(`0x${status.match(/^SigCgt:\s*([0-9a-f]+)/m)?.[1] ?? "0"}`);
  return numbers.every((number) => (mask >> BigInt(number - 1) & 1n) === 1n);
}

/** A daemon that cannot go on with its start, as a process has its state's lock until this is disposed of. */
async function startHeldUp(pool: RunningPool): Promise<Disposable> {
  const lock = await Deno.open(`${pool.state}.lock`, { create: true, write: true });
  await lock.lock(true);
  pool.startDaemon();
  const [hangup, usr1, usr2] = [1, 10, 12];
  await pool.until(() => handles(pool.pid, [hangup, usr1, usr2]), { every: 5 });
  return lock;
}

Deno.test("a reload and a dump that are asked for while the daemon starts are answered once it runs", async () => {
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 1 }, maxServers: 2 }),
    clouds: [QUICK],
  });
  {
    using _lock = await startHeldUp(pool);
    for (const signal of ["SIGHUP", "SIGUSR2", "SIGHUP"] as const) Deno.kill(pool.pid, signal);
  }
  await pool.until(async () => await pool.count("ready") === 1);
  await pool.until(async () => (await pool.log()).includes("nodepool.stack_dump"));
  assert.equal(await pool.stopDaemon(), 0);
});

for (const signal of ["SIGINT", "SIGUSR1", "SIGTERM"] as const) {
  Deno.test(`${signal} while the daemon starts ends it in good order, before anything is launched`, async () => {
    await using pool = await RunningPool.start({
      config: oneCloudConfig({ labels: { small: 1 }, maxServers: 2 }),
      clouds: [QUICK],
    });
    const pidFile = `${pool.folder}/nodepool.pid`;
    {
      using _lock = await startHeldUp(pool);
      Deno.kill(pool.pid, signal);
    }
    assert.equal(await pool.daemonsEnd(), 0);
    assert.equal(pool.simulator.journal.countOf("server.create"), 0);
    await assert.rejects(Deno.stat(pidFile), Deno.errors.NotFound);
  });
}

Deno.test("SIGHUP again and again, until a stop is over, breaks nothing", async () => {
  await using pool = await RunningPool.start({
    config: oneCloudConfig({ labels: { small: 1 }, maxServers: 2 }),
    clouds: [QUICK],
  });
  pool.startDaemon();
  await pool.until(async () => await pool.count("ready") === 1);
  const { pid } = pool;
  for (let count = 0; count < 20; count++) Deno.kill(pid, "SIGHUP");
  Deno.kill(pid, "SIGTERM");
  let isOver = false;
  const end = pool.daemonsEnd().finally(() => isOver = true);
  await pool.until(() => {
    try {
      if (!isOver) Deno.kill(pid, "SIGHUP");
    } catch { /* It has just ended. */ }
    return isOver;
  }, { every: 1 });
  assert.equal(await end, 0);
  assert.doesNotMatch(await pool.log(), /"level":"error"/);
});
