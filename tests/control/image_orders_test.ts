import assert from "node:assert/strict";
import { placeOrders } from "../../src/control/image_orders.ts";
import { describeMissing } from "../../src/domain/observation.ts";
import type { Config } from "../../src/domain/config.ts";
import { ledgerWith } from "../execute/execute_fixtures.ts";

const asItIs = { name: "debian", diskimage: null, setup: null };

Deno.test("an order of an image that is used as it is on the cloud says so; of an unknown one, which there are", async () => {
  const kit = await ledgerWith();
  const config = {
    labels: [],
    diskimages: [],
    providers: [{ name: "beta", maxServers: 1, images: [asItIs] }],
  } as unknown as Config;
  const order = (provider: string | null, image: string) =>
    placeOrders({ kind: "update", provider, image }, { ...kit, config });
  await assert.rejects(order("beta", "debian"), {
    message: "image debian of beta is used as it is on the cloud: nothing is built or uploaded for it",
  });
  await assert.rejects(order(null, "debian"), { message: /^image debian is used as it is on the cloud/ });
  await assert.rejects(order("beta", "fedora"), { message: "no image fedora for beta; known: none" });
});

Deno.test("one server that a listing omits and that still exists is told in the singular", () => {
  const missing = { servers: 1, images: 0, found: 1, since: 0, isDoubtful: true, isLooking: false };
  assert.match(describeMissing(missing), /they omit 1 server of the pool, which still exists; each/);
});
