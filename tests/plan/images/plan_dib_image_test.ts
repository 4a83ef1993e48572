import assert from "node:assert/strict";
import type { DibImage } from "../../../src/domain/dib_image.ts";
import { SECOND } from "../../../src/domain/time.ts";
import { sampleDibImage, sampleImage } from "../../views/sample_images.ts";
import { config, NOW } from "../plan_fixtures.ts";
import { imagesInput, planImages } from "./image_fixtures.ts";

type Fields = Parameters<typeof imagesInput>[0];

function step(image: DibImage, fields: Fields = {}): string {
  const plan = planImages(imagesInput({ dibImages: [image], ...fields }));
  const next = plan.dibChanges.find(({ previous }) => previous === image)?.next ?? image;
  const action = plan.actions.find((one) => !("image" in one));
  const reason = action === undefined ? next.waitingOn?.reason : undefined;
  return [next.state.phase, action?.type, reason].filter(Boolean).join(", ");
}

const waiting = sampleDibImage({ id: 3, state: { phase: "build", startedAt: null } });
const begun = sampleDibImage({ id: 3, state: { phase: "build", startedAt: NOW - SECOND } });
const ready = sampleDibImage({ id: 3 });
const removal = sampleDibImage({ id: 3, state: { phase: "delete" } });
const reading = {
  images: [sampleImage({ id: 3, state: { phase: "upload", externalId: "x", startedAt: NOW } })],
  running: ["upload-image 3"],
};

const steps: readonly (readonly [string, DibImage, Fields, string])[] = [
  ["is built", waiting, {}, "build, build-image"],
  ["is built once", begun, { running: ["build-image 3"] }, "build, build"],
  ["waits where no builder runs", waiting, { making: { uploads: false, snapshots: true } }, "build, worker"],
  ["waits while the daemon is stopping", waiting, { accepting: false }, "build, worker"],
  ["is given up where a former process had begun it", begun, {}, "delete, delete"],
  ["that is no longer configured is not built", waiting, { config: config() }, "delete, remove-files"],
  ["that is ready stays", ready, {}, "ready"],
  ["that is no longer configured is removed", ready, { config: config() }, "delete, remove-files"],
  ["is removed", removal, {}, "delete, remove-files"],
  ["is removed when its build has been ended", removal, { running: ["build-image 3"] }, "delete, delete"],
  ["is removed when nobody reads it any more", removal, reading, "delete, delete"],
  ["is removed again after a pause", { ...removal, retryAt: NOW + 1 }, {}, "delete, delete"],
];

for (const [title, image, fields, expected] of steps) {
  Deno.test(`a dib image ${title}`, () => assert.equal(step(image, fields), expected));
}

Deno.test("the files of an interrupted build are left until whoever was writing them has been ended", () => {
  const [change] = planImages(imagesInput({ dibImages: [begun] })).dibChanges;
  assert.equal(change?.next?.retryAt, NOW + 20 * SECOND);
  assert.equal(change?.next?.evidence, null);
});
