/** A provider whose max-servers are all in use still makes its images; only the cloud's quota keeps it from that. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { imageConfig, imagesOf, order, readyImages } from "./image_pool.ts";
import { VirtualPool } from "./virtual_pool.ts";

/** Two servers at most, both used by nodes of an image that the cloud has; `made` is prepared there. */
const full = imageConfig({ built: [], prepared: ["made"], maxServers: 2 }).replace(
  "labels:",
  "labels:\n  - {name: plain, image: plain, min-ready: 2, providers: [{name: simulator}]}",
).replace(
  /\n {4}images:/,
  "$&\n      - {name: plain, base-image: debian-12, min-ram: 512, username: debian, private-key: /key, connection-port: 2222}",
);

Deno.test("a full provider with a snapshot image makes that image", async () => {
  await using virtual = await VirtualPool.start({ config: full });
  await virtual.until(() => virtual.count("ready", "plain") === 2, HOUR);
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  await virtual.until(() => virtual.servers() === 2);
  assert.equal(virtual.count("ready", "plain"), 2);
});

Deno.test("image-update on a full provider makes the image, and no node has to go for it", async () => {
  await using virtual = await VirtualPool.start({ config: full });
  await virtual.until(() => virtual.count("ready", "plain") === 2 && readyImages(virtual).length === 1, HOUR);
  const plain = () => virtual.pool.report().nodes.filter(({ role }) => role === "node").map(({ id }) => id);
  const [before, nodes] = [readyImages(virtual), plain()];
  assert.deepEqual((await order(virtual, "update", "made")).map(({ ok }) => ok), [true]);
  assert.equal(readyImages(virtual).length, before.length + 1);
  await virtual.until(() => virtual.servers() === 2);
  assert.deepEqual(plain(), nodes);
});

Deno.test("image-update where the quota is full says so, and makes the image with the first room that there is", async () => {
  const clouds = [{ name: "simulator", quotas: { instances: 2 } }];
  await using virtual = await VirtualPool.start({
    config: full.replace("min-ready: 2", "min-ready: 0"),
    clouds,
  });
  await virtual.until(() => readyImages(virtual).length === 1, HOUR);
  const [first] = await virtual.acquire("plain", 2);
  const updating = order(virtual, "update", "made");
  const waiting = () =>
    imagesOf(virtual).find(({ state }) => state.phase === "server")?.waitingOn?.message ?? "";
  await virtual.until(() => /quota full: instances 2\/2/.test(waiting()), 10 * MINUTE);
  // Both want the place that becomes free: the image has it.
  const acquiring = virtual.acquire("plain");
  await virtual.during(virtual.ask("delete", { ids: [first!.id], comment: "deleted by a test" }));
  assert.deepEqual((await updating).map(({ ok }) => ok), [true]);
  await acquiring;
});
