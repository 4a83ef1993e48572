/** Everything is asked of a cloud once, also where state changes take long and plans are older than they. */
import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import type { JournalRow } from "../../../src/simulator/journal.ts";
import { createMemoryStore } from "../../../src/store/memory_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { imageConfig, readyImages } from "../../scenarios/image_pool.ts";
import { poolConfig, VirtualPool, type VirtualPoolOptions } from "../../scenarios/virtual_pool.ts";

/** A pool whose state takes up to as long to be written, which varies. */
async function slowlyStoring(options: VirtualPoolOptions, longest: number): Promise<VirtualPool> {
  const random = seededRandom(3);
  let clock: Clock | null = null;
  const memory = createMemoryStore({ clock: { now: () => clock?.now() ?? 0 }, random });
  const commit: Store["commit"] = async (change) => {
    await clock?.sleep(random.integer(longest));
    return await memory.commit(change);
  };
  const store = new Proxy(memory, {
    get(target, name) {
      if (name === "commit") return commit;
      const value = target[name as keyof Store];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const virtual = await VirtualPool.start({ ...options, store });
  clock = virtual.clock;
  return virtual;
}

/** What was asked for more than once, of what changes a cloud; what a request made or named, and how often. */
function repeated(rows: readonly JournalRow[]): Record<string, number> {
  const changing = rows.filter(({ method, service }) => method !== "GET" && service !== "identity");
  const groups = Map.groupBy(
    changing,
    ({ operation, serverId, imageId, path }) => `${operation} ${serverId ?? imageId ?? path}`,
  );
  // What these make has no path of its own yet: they are counted.
  const several = [...groups].filter(([key, { length }]) =>
    length > 1 && !/^(floatingip|keypair)\.create/.test(key)
  );
  return Object.fromEntries(several.map(([key, { length }]) => [key, length]));
}

Deno.test("everything is asked for once: 500 servers with floating IPs are deleted by one DELETE each", async () => {
  const count = 500;
  const provider = "boot-timeout: 1h\n    pool: public\n    networks: [{name: private}]";
  const config = poolConfig({ minReady: count, maxServers: count, provider });
  const clouds = [{ latency: { mean: 150, jitter: 140 } }];
  await using virtual = await slowlyStoring({ config, clouds }, SECOND);
  await virtual.until(() => virtual.count("ready") === count, HOUR);
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0, maxServers: count, provider })));
  const ids = virtual.pool.report().nodes.map(({ id }) => id);
  await virtual.during(virtual.ask("delete", { ids, comment: "done" }));
  await virtual.until(() => virtual.count() === 0, HOUR);
  await virtual.during(virtual.stopPool());
  const { journal } = virtual.simulator;
  assert.deepEqual(repeated(journal.rows()), {});
  const operations = ["server.create", "floatingip.create", "floatingip.delete", "server.delete"];
  assert.deepEqual(operations.map((name) => journal.countOf(name)), Array(4).fill(count));
});

Deno.test("everything is asked for once: images, uploads, snapshots and keypairs", async () => {
  const config = imageConfig({ built: ["noble", "jammy"], prepared: ["focal", "bionic"], minReady: 1 });
  const clouds = [{ latency: { mean: 150, jitter: 140 } }];
  await using virtual = await slowlyStoring({ config, clouds }, 2 * SECOND);
  await virtual.until(() => virtual.count("ready") === 4 && readyImages(virtual).length === 4, 2 * HOUR);
  const ids = readyImages(virtual).map(({ id }) => id);
  await virtual.during(virtual.ask("image-delete", { ids, comment: "old" }));
  await virtual.until(
    () =>
      virtual.pool.report().images.filter(({ id }) => ids.includes(id)).every(({ state }) =>
        state.phase === "gone"
      ) && readyImages(virtual).filter(({ keypair }) => keypair === null).length === 4,
    2 * HOUR,
  );
  await virtual.during(virtual.stopPool());
  const { journal } = virtual.simulator;
  assert.deepEqual(repeated(journal.rows()), {});
  const operations = ["server.snapshot", "keypair.create", "keypair.delete"];
  assert.deepEqual(operations.map((name) => journal.countOf(name)), [4, 4, 4]);
  assert.deepEqual(["image.create", "image.upload"].map((name) => journal.countOf(name)), [4, 4]);
});

Deno.test("what leaked and is being deleted is not asked for every minute", async () => {
  const clouds = [{ deleteTime: 20 * MINUTE }];
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }), clouds });
  await virtual.until(() => virtual.count("ready") === 1);
  const { installation } = virtual.pool.report();
  const leaked = await virtual.makeAlien("second", installation!.id);
  await virtual.clock.advance(11 * MINUTE);
  const { journal } = virtual.simulator;
  const asked = journal.rows().filter(({ operation, serverId }) =>
    operation === "server.delete" && serverId === leaked
  );
  assert.equal(asked.length, 1);
});
