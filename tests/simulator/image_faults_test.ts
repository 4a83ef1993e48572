/** The faults that strike images, and the general ones pointed at requests about images. */
import assert from "node:assert/strict";
import type { CloudError } from "../../src/domain/cloud_error.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { FaultRuleInput } from "../../src/simulator/settings.ts";
import { virtualSimulator } from "./simulated_client.ts";

const bytes = new Uint8Array(1000);

/** A simulator with one rule in force, an image without data and an ACTIVE server. */
async function withFault(rule: FaultRuleInput) {
  const world = await virtualSimulator({ bootTime: 0, saveTime: SECOND, snapshotTime: SECOND });
  const { client, simulator } = world;
  const id = await client.createdImage("fresh");
  const server = await client.booted("node-1");
  simulator.arm(rule);
  const snapshot = (name = "snap") =>
    client.call("POST", `/compute/v2.1/servers/${server}/action`, { createImage: { name } }, {
      headers: { "openstack-api-version": "compute 2.45" },
    });
  const remove = () => client.call("DELETE", `/image/v2/images/${id}`);
  const status = async (of = id) => (await client.image(of)).status;
  const failure = (promise: Promise<unknown>): Promise<CloudError> =>
    promise.then(() => assert.fail("it did not fail"), (error) => error);
  return {
    ...world,
    id,
    server,
    snapshot,
    remove,
    status,
    failure,
    [Symbol.dispose]: () => world[Symbol.dispose](),
  };
}

Deno.test("fault 27: the connection is reset half-way through an upload, and the image is queued again", async () => {
  using world = await withFault({ fault: 27, count: 1 });
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === 10_000) return controller.close();
      sent += bytes.length;
      controller.enqueue(bytes);
    },
  }, { highWaterMark: 0 });
  const headers = { "content-length": "10000" };
  const error = await world.failure(world.client.upload(world.id, body, { headers }));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
  assert.ok(sent >= 5_000 && sent <= 7_000, `${sent} bytes were sent`);
  assert.equal(await world.status(), "queued");
  const row = world.simulator.journal.rows().find(({ operation }) => operation === "image.upload")!;
  assert.deepEqual([row.fault, row.effect, row.status, row.imageId], [27, false, null, world.id]);
  assert.equal((await world.client.upload(world.id, bytes)).status, 204);
});

Deno.test("fault 27 strikes uploads of unknown length and short ones too", async () => {
  using world = await withFault({ fault: 27 });
  for (const size of [0, 1, 100_000]) {
    const body = new Blob([new Uint8Array(size)]).stream();
    assert.equal((await world.failure(world.client.upload(world.id, body))).kind, "unavailable");
    assert.equal(await world.status(), "queued");
  }
});

Deno.test("fault 28: an upload is saving for ever, or queued", async () => {
  for (const [effect, expected] of [[undefined, "saving"], [false, "queued"]] as const) {
    using world = await withFault({ fault: 28, ...(effect === undefined ? {} : { effect }) });
    assert.equal((await world.client.upload(world.id, bytes)).status, 204);
    await world.clock.advance(50 * MINUTE);
    assert.equal(await world.status(), expected);
    assert.equal((await world.client.upload(world.id, bytes)).status, 409);
    assert.equal((await world.remove()).status, 204);
  }
});

Deno.test("fault 28: a snapshot is saving for ever, its server busy, and it outlives the server", async () => {
  using world = await withFault({ fault: 28 });
  const { json: { image_id: image } } = await world.snapshot();
  await world.clock.advance(50 * MINUTE);
  assert.equal(await world.status(image), "saving");
  assert.equal((await world.client.server(world.server))["OS-EXT-STS:task_state"], "image_uploading");
  await world.client.call("DELETE", `/compute/v2.1/servers/${world.server}`);
  assert.equal(await world.status(image), "saving");
});

Deno.test("fault 29: uploads and snapshots are killed", async () => {
  using world = await withFault({ fault: 29 });
  await world.client.upload(world.id, bytes);
  const { json: { image_id: image } } = await world.snapshot();
  assert.deepEqual([await world.status(), await world.status(image)], ["saving", "queued"]);
  await world.clock.advance(SECOND);
  assert.deepEqual([await world.status(), await world.status(image)], ["killed", "killed"]);
  assert.equal((await world.client.server(world.server))["OS-EXT-STS:task_state"], null);
  assert.equal((await world.client.boot("node-2", { imageRef: image })).status, 400);
  assert.equal((await world.remove()).status, 204);
});

Deno.test("fault 30: the image is in use, as often as the count says", async () => {
  using world = await withFault({ fault: 30, count: 2 });
  const first = await world.remove();
  assert.equal(first.status, 409);
  assert.match(first.json, /could not be deleted because it is in use/);
  assert.deepEqual([(await world.remove()).status, (await world.remove()).status], [409, 204]);
});

Deno.test("fault 30: the image is in use for a time after the first answer that says so", async () => {
  using world = await withFault({ fault: 30, time: MINUTE });
  await world.clock.advance(10 * MINUTE);
  assert.equal((await world.remove()).status, 409);
  await world.clock.advance(MINUTE - 1);
  assert.equal((await world.remove()).status, 409);
  await world.clock.advance(1);
  assert.equal((await world.remove()).status, 204);
  assert.equal((await world.remove()).status, 404);
});

Deno.test("a name strikes what is done to images of that name, and snapshots by image or server", async () => {
  for (
    const [name, create, upload, snapshot] of [
      ["fresh", 500, 500, 202],
      ["snap", 201, 204, 500],
      ["node-*", 201, 204, 500],
    ] as const
  ) {
    using world = await withFault({ fault: 1, name, operation: "image.* server.snapshot" });
    const expected = [
      (await world.client.createImage(name === "fresh" ? "fresh" : "other")).status,
      (await world.client.upload(world.id, bytes)).status,
      (await world.snapshot()).status,
    ];
    assert.deepEqual(expected, [create, upload, snapshot], name);
  }
});

Deno.test("a name strikes after the image of that name was deleted, too", async () => {
  using world = await withFault({ fault: 3, name: "fresh", operation: "image.delete" });
  assert.equal((await world.failure(world.remove())).kind, "unavailable");
  assert.equal(world.simulator.cloud().images.counts().deleted, 1);
});

/** What each request about images does, and whether it had an effect. */
const REQUESTS: Record<
  string,
  { ask(world: World): Promise<{ status: number }>; done(world: World): boolean | Promise<boolean> }
> = {
  "image.create": {
    ask: ({ client }) => client.createImage("second"),
    done: ({ simulator }) => simulator.cloud().images.counts().created === 2,
  },
  "image.upload": {
    ask: ({ client, id }) => client.upload(id, new Blob([bytes]).stream()),
    done: async ({ status }) => await status() !== "queued",
  },
  "image.delete": {
    ask: ({ remove }) => remove(),
    done: ({ simulator }) => simulator.cloud().images.counts().deleted === 1,
  },
  "server.snapshot": {
    ask: ({ snapshot }) => snapshot(),
    done: ({ simulator }) => simulator.cloud().images.counts().created === 2,
  },
};
type World = Awaited<ReturnType<typeof withFault>>;

for (const [operation, { ask, done }] of Object.entries(REQUESTS)) {
  Deno.test(`faults 1 to 5 strike ${operation}`, async () => {
    for (const [fault, hasEffect] of [[1, false], [2, true]] as const) {
      using world = await withFault({ fault, operation });
      assert.equal((await ask(world)).status, 500, `fault ${fault}`);
      world.simulator.disarm();
      assert.equal(await done(world), hasEffect, `fault ${fault}`);
    }
    for (const effect of [true, false]) {
      using world = await withFault({ fault: 3, operation, effect });
      assert.equal((await world.failure(ask(world))).kind, "unavailable");
      assert.equal(await done(world), effect, "fault 3");
    }
    {
      using world = await withFault({ fault: 5, operation, time: MINUTE });
      const answer = ask(world);
      await world.clock.advance(MINUTE - 1);
      assert.equal(await done(world), false);
      await world.clock.advance(1);
      assert.ok((await answer).status < 300);
      assert.equal(await done(world), true);
    }
  });

  Deno.test(`fault 4 leaves ${operation} without an answer`, async () => {
    using world = await withFault({ fault: 4, operation });
    const row = () =>
      world.simulator.journal.rows().find((one) => one.operation === operation && one.fault === 4);
    // Never answered: nobody waits for it any more when the simulator ends.
    ask(world);
    await world.clock.advanceUntil(() => row() !== undefined, { within: MINUTE });
    assert.equal(row()!.status, null);
    world.simulator.disarm();
    assert.equal(await done(world), true);
  });
}
