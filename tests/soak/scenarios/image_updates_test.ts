/** As many updates of images as in a month, on three simulated clouds, in virtual time. */
import assert from "node:assert/strict";
import { BuildError } from "../../../src/build/builder.ts";
import { DAY, HOUR, MINUTE } from "../../../src/domain/time.ts";
import { cloudImages, imageConfig, imagesOf, readyImages } from "../../scenarios/image_pool.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";

const failedBuild = new BuildError("exit", "disk-image-create ended with exit code 1", "E: no such package");

Deno.test("thirty updates of all images with failures keep current and previous, and nothing else for long", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `image-${index}`);
  const clouds = [{ name: "east" }, { name: "west" }, { name: "north" }];
  let builds = 0;
  const build = () => builds++ % 10 === 3 ? { time: MINUTE, failure: failedBuild } : { time: MINUTE };
  await using virtual = await VirtualPool.start({
    config: imageConfig({
      clouds: clouds.map(({ name }) => name),
      built: names,
      top: 'cron: {image-update: "14 */3 * * *", cleanup: "0 * * * *", check: "0 0 * * *"}',
    }),
    clouds,
    build,
    faults: [
      { fault: 29, operation: "image.upload", probability: 0.05 },
      { fault: 27, probability: 0.05 },
    ],
  });
  const pairs = clouds.flatMap(({ name }) => names.map((image) => [name, image] as const));
  const hadOne = new Set<string>();
  const end = virtual.clock.now() + 3.75 * DAY;
  while (virtual.clock.now() < end) {
    await virtual.clock.advance(HOUR);
    for (const [provider, image] of pairs) {
      const ready = readyImages(virtual, provider, image);
      const old = ready.filter(({ stateSince }) => virtual.clock.now() - stateSince > 8 * HOUR + MINUTE);
      assert.ok(old.length <= 2, `${provider} ${image}: ${old.length} old images`);
      const key = `${provider} ${image}`;
      if (ready.length > 0) hadOne.add(key);
      assert.ok(!hadOne.has(key) || ready.length > 0, `${key} had an image and has none`);
    }
  }
  assert.equal(hadOne.size, pairs.length);
  assert.ok(virtual.simulator.faults.every(({ struck }) => struck > 20), "the faults struck");
  const recorded = virtual.pool.report().dibImages.map(({ path }) => path).sort();
  assert.deepEqual([...virtual.builder.files.keys()].sort(), recorded);
  const known = imagesOf(virtual).length;
  assert.ok(cloudImages(virtual) <= known, `${cloudImages(virtual)} images on the clouds, ${known} known`);
});
