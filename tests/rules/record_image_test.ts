import assert from "node:assert/strict";
import { transitionDib } from "../../src/domain/dib_transition.ts";
import { type ImageEvent, transitionImage } from "../../src/domain/image_transition.ts";
import type { ImageOrder } from "../../src/domain/image_order.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { recordDibImage, recordImage } from "../../src/rules/record_image.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";
import { sampleDibImage, sampleImage, sampleOrder } from "../views/sample_images.ts";
import { NOW } from "../views/sample_pool.ts";

const evidence = {
  at: NOW,
  error: "no space left",
  kind: "exit",
  requestId: null,
  fault: null,
  console: null,
};
const failed = { type: "failed", comment: "no space left", evidence } as const;

/** The order of an image after an event, and how many records of it are left. */
async function after(
  image: ReturnType<typeof sampleImage>,
  event: ImageEvent,
  order: ImageOrder | null = null,
): Promise<ImageOrder | undefined> {
  const { ledger } = await ledgerWith();
  await ledger.edit((edit) => {
    edit.putImage(image);
    if (order !== null) edit.putOrder(order);
  });
  const previous = ledger.images.get(image.id)!;
  await ledger.edit((edit) =>
    recordImage(edit, {
      previous,
      next: transitionImage(previous, event, NOW),
      now: NOW,
      isFinal: event.type === "failed" && event.atFault === "image",
    })
  );
  return ledger.orders.get("cloud-a\nnoble");
}

async function afterBuild(
  event: Parameters<typeof transitionDib>[1],
  order: ImageOrder | null = null,
  version = NOW / SECOND,
): Promise<ImageOrder | undefined> {
  const { ledger } = await ledgerWith();
  await ledger.edit((edit) => {
    edit.putDibImage(sampleDibImage({ id: 3, version, state: { phase: "build", startedAt: NOW } }));
    if (order !== null) edit.putOrder(order);
  });
  const previous = ledger.dibImages.get(3)!;
  await ledger.edit((edit) =>
    recordDibImage(edit, { previous, next: transitionDib(previous, event, NOW), now: NOW })
  );
  return ledger.orders.get("\nnoble");
}

const saving = sampleImage({ id: 3, state: { phase: "saving", externalId: "x" } });
const active = { type: "active", check: false } as const;
const ordered = sampleOrder({ orderedAt: NOW - HOUR, failures: 2, until: NOW + MINUTE, lastError: "no" });

Deno.test("an image that becomes ready fills its order and ends its failures", async () => {
  const order = await after(saving, active, ordered);
  assert.deepEqual(order, {
    ...ordered,
    orderedAt: null,
    doneAt: NOW,
    doneVersion: saving.version,
    failures: 0,
    until: null,
    lastError: null,
  });
});

Deno.test("an upload of an older build than was ordered does not fill the order", async () => {
  const order = await after(saving, active, { ...ordered, builtSince: NOW });
  assert.deepEqual([order?.orderedAt, order?.builtSince, order?.failures], [NOW - HOUR, NOW, 0]);
});

Deno.test("a snapshot that was begun before it was ordered does not fill the order", async () => {
  const snapshot = { ...saving, source: { type: "snapshot", setup: "x" } as const };
  assert.equal((await after(snapshot, active, { ...ordered, orderedAt: NOW }))?.orderedAt, NOW);
  const since = { ...ordered, orderedAt: saving.version * SECOND };
  assert.equal((await after(snapshot, active, since))?.orderedAt, null);
});

Deno.test("failures in a row make the next attempt wait longer and longer, and the order stands", async () => {
  const first = await after(saving, failed, sampleOrder({ orderedAt: NOW }));
  assert.deepEqual([first?.failures, first?.until, first?.orderedAt], [1, NOW + MINUTE, NOW]);
  assert.deepEqual([first?.lastError, first?.lastFailureAt], ["no space left", NOW]);
  const third = await after(saving, failed, sampleOrder({ failures: 2 }));
  assert.equal(third?.until, NOW + 4 * MINUTE);
  const hundredth = await after(saving, failed, sampleOrder({ failures: 99 }));
  assert.equal(hundredth?.until, NOW + 3 * HOUR);
});

Deno.test("an image that its check-script refuses is not made again for the order", async () => {
  const check = sampleImage({
    id: 3,
    state: { phase: "check", externalId: "x", nodeId: 7, startedAt: NOW },
  });
  const refused = { ...failed, atFault: "image", evidence: { ...evidence, kind: "check" } } as const;
  const order = await after(check, refused, ordered);
  assert.deepEqual([order?.orderedAt, order?.failures], [null, 3]);
});

Deno.test("who deletes an image in the making by hand cancels its order, without a failure", async () => {
  const order = await after(saving, { type: "delete", by: "user", comment: "deleted by ci" }, ordered);
  assert.deepEqual([order?.orderedAt, order?.failures], [null, 2]);
});

Deno.test("an image deleted by hand cancels its order, and one whose build is gone keeps it, also after a refusal", async () => {
  const tried = { ...saving, state: { phase: "create", sentAt: null, lostAt: null } as const, evidence };
  const byHand = await after(tried, { type: "delete", by: "user", comment: "deleted by ci" }, ordered);
  assert.deepEqual([byHand?.orderedAt, byHand?.failures], [null, 2]);
  const gone = { type: "delete", by: "owner", comment: "its dib image 3 is deleted" } as const;
  assert.deepEqual(await after(tried, gone, ordered), ordered);
});

Deno.test("an upload that a restart cut off stays ordered, without a failure", async () => {
  const interrupted = { type: "failed", comment: "nodepool was stopped", evidence: null } as const;
  assert.deepEqual(await after(saving, interrupted, ordered), ordered);
});

Deno.test("a ready image that is deleted leaves its order alone", async () => {
  const ready = sampleImage({ id: 3 });
  assert.equal(await after(ready, { type: "delete", by: "user", comment: "deleted by ci" }), undefined);
});

Deno.test("builds fill and fail their orders in the same way", async () => {
  const order = sampleOrder({ provider: null, orderedAt: NOW });
  const built = { type: "built", files: [] } as const;
  assert.equal((await afterBuild(built, order))?.orderedAt, null);
  assert.equal((await afterBuild(built, order, NOW / SECOND - 1))?.orderedAt, NOW);
  assert.equal((await afterBuild(failed, order))?.failures, 1);
  assert.equal(
    (await afterBuild({ type: "delete", by: "user", comment: "deleted by ci" }, order))?.orderedAt,
    null,
  );
});
