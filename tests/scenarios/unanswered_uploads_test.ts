/** Uploads whose data went out and whose answer did not come: what the cloud shows tells what became of them. Virtual time. */
import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { VirtualBuilder } from "../builders/virtual_builder.ts";
import { cloudImages, imageConfig, imagesOf, readyImages } from "./image_pool.ts";
import { VirtualPool } from "./virtual_pool.ts";

const titles = { 2: "a proxy answers 500 for", 3: "the connection breaks after" };
for (const [fault, title] of Object.entries(titles)) {
  Deno.test(`an image is used whose upload ${title} although the cloud has it all, and is sent once`, async () => {
    const faults = [{ fault: Number(fault), operation: "image.upload", effect: true }];
    await using virtual = await VirtualPool.start({ config: imageConfig(), faults });
    await virtual.until(() => readyImages(virtual).length === 1, 2 * HOUR);
    assert.deepEqual(readyImages(virtual).map(({ id, evidence }) => [id, evidence]), [[1, null]]);
  });
}

for (const builders of [false, true]) {
  Deno.test(`an image that the cloud takes back after its upload failed is sent again after a pause (builders: ${builders})`, async () => {
    let uploads = 0;
    await using virtual = await VirtualPool.start({
      config: imageConfig(),
      builders,
      changeCloud: (cloud) => ({
        ...cloud,
        uploadImage(id, data, call) {
          if (uploads++ > 0) return cloud.uploadImage(id, data, call);
          data.onProgress?.(data.size);
          return Promise.reject(new CloudError("unavailable", "the store is down", { status: 503 }));
        },
      }),
    });
    await using _builder = builders ? new VirtualBuilder(virtual, { host: "one" }) : null;
    await virtual.until(() => imagesOf(virtual).some(({ state }) => state.phase === "saving"), HOUR);
    await virtual.clock.advance(MINUTE);
    const [order] = [...virtual.pool.ledger.orders.values()].filter(({ provider }) => provider !== null);
    assert.deepEqual([order!.lastError, order!.failures], [
      `${builders ? "on builder one: " : ""}the store is down`,
      1,
    ]);
    await virtual.until(() => readyImages(virtual).length === 1, HOUR);
    assert.deepEqual([uploads, cloudImages(virtual)], [2, 1]);
  });
}
