/** What the executor of images asks to have deleted: what was decided, once. */
import assert from "node:assert/strict";
import type { ProviderImage } from "../../src/domain/provider_image.ts";
import type { ProviderImageAction } from "../../src/plan/images/image_action.ts";
import { config } from "../plan/plan_fixtures.ts";
import { sampleImage } from "../views/sample_images.ts";
import { executorKit, imageExecutorOf, type Scripted } from "./execute_fixtures.ts";

const keypair = { name: "k5", publicKey: "", privateKey: "" };
const deleting = sampleImage({
  id: 5,
  keypair,
  state: { phase: "delete", externalId: "i5", lostAt: null, acceptedAt: null },
});

/** Dispatches the action as often as that; gives what the cloud was asked and the record that is left. */
async function dispatched(
  action: (image: ProviderImage) => ProviderImageAction,
  { cloud, times = 2 }: { cloud: Scripted; times?: number },
) {
  await using kit = await executorKit({ cloud });
  await kit.ledger.edit((edit) => edit.putImage(deleting));
  await using images = imageExecutorOf(kit);
  const planned = action(kit.ledger.images.get(5)!);
  for (let time = 0; time < times; time++) {
    images.dispatch([planned], config());
    await kit.clock.advanceUntil(() => !images.isRunning(planned.type, 5), { within: 1_000 });
  }
  return {
    asked: kit.cloud.calls.map(({ method, subject }) => [method, subject]),
    image: kit.ledger.images.get(5)!,
  };
}

Deno.test("an image is asked for once for one plan, however often that is dispatched", async () => {
  const { asked, image } = await dispatched(
    (image) => ({ type: "delete-image", image, externalId: "i5" }),
    { cloud: { deleteImage: () => Promise.resolve("accepted") } },
  );
  assert.deepEqual(asked, [["deleteImage", "i5"]]);
  assert.ok(image.state.phase === "delete" && image.state.acceptedAt !== null);
});

Deno.test("a deletion that failed is not repeated before its time by a plan from before", async () => {
  const { asked, image } = await dispatched(
    (image) => ({ type: "delete-image", image, externalId: "i5" }),
    { cloud: { deleteImage: () => Promise.reject(new Error("in use")) } },
  );
  assert.equal(asked.length, 1);
  assert.deepEqual([image.attempt, image.waitingOn?.message], [1, "in use"]);
});

Deno.test("a keypair that the image no longer has is not asked for again", async () => {
  const { asked, image } = await dispatched(
    (image) => ({ type: "delete-keypair", image, keypair: "k5" }),
    { cloud: { deleteKeypair: () => Promise.resolve("accepted") } },
  );
  assert.deepEqual([asked, image.keypair], [[["deleteKeypair", "k5"]], null]);
});
