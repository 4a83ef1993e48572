/** What is known before a launch decides on it: flavors on which Nova would accept the image, and images that are not ready. */
import assert from "node:assert/strict";
import { MINUTE } from "../../src/domain/time.ts";
import { imageConfig } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const flavors = [
  { name: "s.none", vcpus: 1, ram: 2048, disk: 0 },
  { name: "s.5", vcpus: 1, ram: 2048, disk: 5 },
  { name: "s.20", vcpus: 1, ram: 2048, disk: 20 },
];

Deno.test("known facts are used: a node gets the smallest flavor on which Nova accepts its image, at the first request", async () => {
  const clouds = [{ flavors, images: [{ name: "debian-12", minDisk: 10 }] }];
  const config = poolConfig({ minReady: 2 });
  await using virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => virtual.count("ready") === 2);
  assert.deepEqual(virtual.pool.report().nodes.map(({ flavorName }) => flavorName), ["s.20", "s.20"]);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 2);
});

Deno.test("known facts are used: a snapshot is booted on a disk of the size that it was taken from", async () => {
  const clouds = [{ flavors, images: [{ name: "debian-12", minDisk: 5 }] }];
  const config = imageConfig({ built: [], prepared: ["focal"], minReady: 1 });
  await using virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => virtual.count("ready") === 1, 60 * MINUTE);
  assert.equal(virtual.pool.report().nodes.find(({ role }) => role === "node")?.flavorName, "s.5");
});

Deno.test("known facts are used: nothing is asked for that Nova would refuse, and the label says why", async () => {
  const clouds = [{ flavors, images: [{ name: "debian-12", minDisk: 40 }] }];
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }), clouds });
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(virtual.simulator.journal.countOf("server.create"), 0);
  assert.deepEqual(virtual.reasons(), [
    "image debian-12 needs 40 GiB of disk (min_disk), the flavor s.20 has 20; see: nodepool manual missing-flavor",
  ]);
});
