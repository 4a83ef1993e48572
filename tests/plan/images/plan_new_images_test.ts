import assert from "node:assert/strict";
import { DAY, HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { sampleDibImage, sampleImage, sampleOrder } from "../../views/sample_images.ts";
import { config, label, NOW, provider } from "../plan_fixtures.ts";
import { diskimage, imagesConfig, imagesInput, planImages, prepared, uploaded } from "./image_fixtures.ts";

/** What is to be made, in short: `build noble`, `upload 3 to cloud-a`, `snapshot noble on cloud-a`. */
function wanted(fields: Parameters<typeof imagesInput>[0] = {}): string[] {
  const { builds, images } = planImages(imagesInput(fields)).wanted;
  return [
    ...builds.map(({ name }) => `build ${name}`),
    ...images.map((made) =>
      made.type === "upload"
        ? `upload ${made.build.id} to ${made.provider.name}`
        : `snapshot ${made.image.name} on ${made.provider.name}`
    ),
  ];
}

const build = sampleDibImage({ id: 3 });
const ready = sampleImage({ id: 5 });
const building = sampleDibImage({ id: 4, state: { phase: "build", startedAt: null } });
const versionNow = NOW / SECOND;

const cases: readonly (readonly [string, Parameters<typeof imagesInput>[0], readonly string[]])[] = [
  ["a missing image is built", {}, ["build noble"]],
  ["a build under way is waited for", { dibImages: [building] }, []],
  ["a ready build is uploaded where no image is ready", { dibImages: [build] }, ["upload 3 to cloud-a"]],
  ["of two builds the newer one is uploaded", {
    dibImages: [build, sampleDibImage({ id: 4 })],
  }, ["upload 4 to cloud-a"]],
  ["an upload under way is not begun again", {
    dibImages: [build],
    images: [sampleImage({ id: 3, state: { phase: "create", sentAt: null, lostAt: null } })],
  }, []],
  ["with an image ready nothing is made", { dibImages: [build], images: [ready] }, []],
  ["a newer build is not uploaded by itself", {
    dibImages: [build, sampleDibImage({ id: 9 })],
    images: [ready],
  }, []],
  ["without builds of its own a ready image is enough", { images: [ready] }, []],
  ["an image that no label names is not missing", {
    config: imagesConfig(uploaded(), { labels: [label({ image: "other" })] }),
  }, []],
  ["an image of a disabled label is not missing", {
    config: imagesConfig(uploaded(), { labels: [label({ minReady: -1 })] }),
  }, []],
  ["a retired provider gets no image", {
    config: config({
      diskimages: [diskimage],
      providers: [provider({ maxServers: -1, images: [uploaded()] })],
    }),
    dibImages: [build],
  }, []],
  ["a paused image is not uploaded, nor built for it", {
    config: imagesConfig(uploaded({ pause: true })),
  }, []],
  ["a paused diskimage is not built", {
    config: imagesConfig(uploaded(), { diskimages: [{ ...diskimage, pause: true }] }),
  }, []],
  ["what a paused diskimage has is uploaded", {
    config: imagesConfig(uploaded(), { diskimages: [{ ...diskimage, pause: true }] }),
    dibImages: [build],
  }, ["upload 3 to cloud-a"]],
  ["a build that lacks the provider's format is made anew", {
    config: imagesConfig(uploaded(), {
      providers: [provider({ imageType: "raw", images: [uploaded()] })],
    }),
    dibImages: [build],
  }, ["build noble"]],
  ["after a failure the next build waits", {
    orders: [sampleOrder({ provider: null, failures: 1, until: NOW + MINUTE })],
  }, []],
  ["after its pause it does not", {
    orders: [sampleOrder({ provider: null, failures: 1, until: NOW })],
  }, ["build noble"]],
  ["after a failure the next upload waits", {
    dibImages: [build],
    orders: [sampleOrder({ failures: 1, until: NOW + MINUTE })],
  }, []],
  ["a build that is ordered is made though there is one", {
    dibImages: [build],
    images: [ready],
    orders: [sampleOrder({ provider: null, orderedAt: NOW })],
  }, ["build noble"]],
  ["an upload that is ordered sends the newest build again", {
    dibImages: [build],
    images: [ready],
    orders: [sampleOrder({ orderedAt: NOW })],
  }, ["upload 3 to cloud-a"]],
  ["an update waits for its own build", {
    dibImages: [build],
    images: [ready],
    orders: [
      sampleOrder({ provider: null, orderedAt: NOW }),
      sampleOrder({ orderedAt: NOW, builtSince: NOW }),
    ],
  }, ["build noble"]],
  ["an update uploads it", {
    dibImages: [build, sampleDibImage({ id: 4, version: versionNow })],
    images: [ready],
    orders: [sampleOrder({ orderedAt: NOW, builtSince: NOW })],
  }, ["upload 4 to cloud-a"]],
  ["an ordered image that no label names is made all the same", {
    config: imagesConfig(uploaded(), { labels: [] }),
    orders: [sampleOrder({ orderedAt: NOW })],
  }, ["build noble"]],
  ["a missing snapshot is made", { config: imagesConfig(prepared()) }, ["snapshot noble on cloud-a"]],
  ["a ready snapshot is enough", { config: imagesConfig(prepared()), images: [ready] }, []],
  ["a builder alone makes no snapshot", {
    config: imagesConfig(prepared()),
    making: { uploads: true, snapshots: false },
  }, []],
  ["without a builder nothing is built or uploaded", {
    making: { uploads: false, snapshots: true },
  }, []],
  ["a daemon that is stopping begins nothing", { accepting: false }, []],
];

for (const [title, fields, expected] of cases) {
  Deno.test(`planImages(): ${title}`, () => assert.deepEqual(wanted(fields), expected));
}

const aged = (fields: Parameters<typeof sampleOrder>[0]) =>
  planImages(imagesInput({
    dibImages: [build],
    images: [ready],
    orders: [sampleOrder({ provider: null, doneAt: NOW, ...fields })],
  })).wanted;

Deno.test("planImages() orders a build and its uploads anew once the newest is older than rebuild-age", () => {
  const old = (NOW - DAY - 10 * MINUTE) / SECOND;
  assert.deepEqual(aged({ doneVersion: old }).orders, [
    { provider: null, image: "noble" },
    { provider: "cloud-a", image: "noble" },
  ]);
  assert.deepEqual(aged({ doneVersion: old, orderedAt: NOW - HOUR }).orders, []);
  const young = aged({ doneVersion: old + 1 });
  assert.deepEqual(young.orders, []);
  assert.equal(young.until, NOW + SECOND);
});

Deno.test("planImages() orders the first build of a diskimage that an image is to be made of from now on", () => {
  const { source } = ready;
  assert.ok(source.type === "upload");
  const before = { ...ready, source: { ...source, diskimage: "jammy" } };
  const orders = (fields: Parameters<typeof imagesInput>[0]) =>
    planImages(imagesInput({ images: [before], ...fields })).wanted.orders;
  const update = [{ provider: null, image: "noble" }, { provider: "cloud-a", image: "noble" }];
  assert.deepEqual(orders({}), update);
  assert.deepEqual(
    orders({ images: [{ ...ready, source: { type: "snapshot", setup: "prepare.sh" } }] }),
    update,
  );
  assert.deepEqual(orders({ images: [ready] }), []);
  const known = (fields: Parameters<typeof sampleOrder>[0]) => [sampleOrder({ provider: null, ...fields })];
  assert.deepEqual(orders({ orders: known({ orderedAt: NOW }) }), []);
  assert.deepEqual(
    orders({ orders: known({ doneVersion: versionNow }) }),
    [],
    "later ones are its age's affair",
  );
});

Deno.test("planImages() does not make anew at once what was deleted by hand: age counts from the newest ever", () => {
  const { orders, builds } = aged({ doneVersion: versionNow });
  assert.deepEqual([orders, builds], [[], []]);
});
