/** Builders and leaders that are killed and cut off at seeded instants, in virtual time: in the end everything is there once. */
import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { type Random, seededRandom } from "../../../src/lib/random.ts";
import { cloudImages, imageConfig, imagesOf, readyImages } from "../../scenarios/image_pool.ts";
import { VirtualPool } from "../../scenarios/virtual_pool.ts";
import { VirtualBuilder } from "../../builders/virtual_builder.ts";

const SEEDS = 25;
const NAMES = ["a", "b", "c"];

async function trouble(
  virtual: VirtualPool,
  builders: readonly VirtualBuilder[],
  random: Random,
): Promise<void> {
  const builder = random.pick(builders);
  switch (random.integer(5)) {
    case 0:
      return builder.isRunning ? await builder.kill() : builder.start();
    case 1:
      builder.isCut = !builder.isCut;
      return;
    case 2:
      await virtual.killPool();
      await virtual.clock.advance(random.integer(40 * SECOND));
      return await virtual.startPool();
    default:
      await virtual.clock.advance(random.integer(90 * SECOND));
  }
}

/** The files that the records name, by builder. */
function expectedFiles(virtual: VirtualPool, { host }: VirtualBuilder): string[] {
  return virtual.pool.report().dibImages.filter(({ builder }) => builder?.host === host)
    .map(({ name, version }) => `${name}-${version}`).sort();
}

Deno.test("whatever dies, in the end each image is there once, and no file or image that no record names", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed);
    await using virtual = await VirtualPool.start({
      config: imageConfig({ built: NAMES }),
      builders: true,
      random: seed,
    });
    await using one = new VirtualBuilder(virtual, {
      host: "one",
      build: () => ({ time: 2 * MINUTE }),
      buildWorkers: 2,
    });
    await using two = new VirtualBuilder(virtual, { host: "two", build: () => ({ time: MINUTE }) });
    const builders = [one, two];
    for (let step = 0; step < 15; step++) await trouble(virtual, builders, random);
    for (const builder of builders) {
      builder.isCut = false;
      if (!builder.isRunning) builder.start();
    }
    const isQuiet = () =>
      readyImages(virtual).length === NAMES.length && cloudImages(virtual) === NAMES.length &&
      imagesOf(virtual).length === NAMES.length &&
      virtual.pool.report().dibImages.every(({ state }) => state.phase === "ready") &&
      builders.every((builder) => builder.disk.building.size === 0);
    await virtual.until(isQuiet, 5 * HOUR).catch((error) => assert.fail(`seed ${seed}: ${error.message}`));
    await virtual.clock.advance(MINUTE);
    for (const builder of builders) {
      assert.deepEqual(
        builder.files,
        expectedFiles(virtual, builder),
        `seed ${seed}, builder ${builder.host}`,
      );
    }
  }
});
