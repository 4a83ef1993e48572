import assert from "node:assert/strict";
import fc from "fast-check";
import { HOUR } from "../../../src/domain/time.ts";
import { planRetention } from "../../../src/plan/images/plan_retention.ts";
import { sampleDibImage, sampleImage } from "../../views/sample_images.ts";
import { NOW } from "../plan_fixtures.ts";

const situation = { now: NOW, keep: 8 * HOUR };

Deno.test("of each image of a provider the newest two that are ready are kept, others for image-keep", () => {
  const old = { stateSince: NOW - 8 * HOUR };
  const { expired, until } = planRetention([
    sampleImage({ id: 1, ...old }),
    sampleImage({ id: 2, stateSince: NOW - 8 * HOUR + 1 }),
    sampleImage({ id: 3, ...old }),
    sampleImage({ id: 4, ...old }),
    sampleImage({ id: 5, ...old, provider: "cloud-b" }),
    sampleImage({ id: 6, ...old, image: "jammy" }),
    sampleImage({ id: 7, state: { phase: "saving", externalId: "x" }, ...old }),
  ], situation);
  assert.deepEqual([...expired], [1]);
  assert.equal(until, NOW + 1);
});

Deno.test("the newest image that a node became ready from is kept, however many newer ones nobody could use", () => {
  const old = { stateSince: NOW - 9 * HOUR };
  const expiredOf = (...proven: number[]) => {
    const images = [1, 2, 3, 4, 5].map((id) => {
      const state = { phase: "ready", externalId: `image-${id}` } as const;
      return sampleImage({ id, ...old, state: proven.includes(id) ? { ...state, isProven: true } : state });
    });
    return [...planRetention(images, situation).expired].toSorted();
  };
  assert.deepEqual(expiredOf(), [1, 2, 3]);
  assert.deepEqual(expiredOf(1, 2), [1, 3]);
  assert.deepEqual(expiredOf(1, 2, 4), [1, 2, 3]);
});

Deno.test("builds are kept in the same way", () => {
  const builds = [1, 2, 3].map((id) => sampleDibImage({ id, stateSince: NOW - 9 * HOUR }));
  const jammy = [4, 5].map((id) => sampleDibImage({ id, name: "jammy", stateSince: NOW - 9 * HOUR }));
  assert.deepEqual([...planRetention([...builds, ...jammy], situation).expired], [1]);
});

Deno.test("retention never takes the newest two, nor what is young, and leaves nothing else", () => {
  const images = fc.uniqueArray(
    fc.record({
      id: fc.nat({ max: 50 }),
      age: fc.integer({ min: 0, max: 16 }),
      image: fc.constantFrom("noble", "jammy"),
      isReady: fc.boolean(),
    }),
    { selector: ({ id }) => id, maxLength: 20 },
  );
  fc.assert(fc.property(images, (drawn) => {
    const records = drawn.map(({ id, age, image, isReady }) =>
      sampleImage({
        id,
        image,
        version: id,
        stateSince: NOW - age * HOUR,
        ...(isReady ? {} : { state: { phase: "gone" } as const }),
      })
    );
    const { expired } = planRetention(records, situation);
    for (const name of ["noble", "jammy"]) {
      const ready = records.filter(({ image, state }) => image === name && state.phase === "ready")
        .sort((a, b) => b.version - a.version);
      ready.forEach((record, rank) => {
        const isOld = record.stateSince <= NOW - 8 * HOUR;
        assert.equal(expired.has(record.id), rank >= 2 && isOld, `${name} ${record.id}`);
      });
    }
    assert.ok(records.every(({ id, state }) => state.phase === "ready" || !expired.has(id)));
  }));
});
