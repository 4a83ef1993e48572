/** What faults leave behind: what they hold up goes on once they are disarmed or their window is over. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { FaultRuleInput } from "../../src/simulator/settings.ts";
import { virtualSimulator } from "./simulated_client.ts";

const login = { port: 2222, username: "debian", privateKey: "any", hostKeys: [] };
const run = { command: "true", timeout: SECOND, signal: new AbortController().signal };
const bytes = new Uint8Array(1000);

async function withFault(rule: FaultRuleInput) {
  const times = { bootTime: SECOND, deleteTime: SECOND, saveTime: SECOND, snapshotTime: SECOND };
  const world = await virtualSimulator({ ...times, ssh: { acceptAnyKey: true } });
  const { client, clock, simulator } = world;
  const armed = simulator.arm(rule);
  const remove = (id: string) => client.call("DELETE", `/compute/v2.1/servers/${id}`);
  const logsIn = async (id: string) => {
    const [{ addr: address }] = (await client.server(id)).addresses.private ?? [{}];
    return await simulator.shell.login({ ...login, address }, run).then(() => true, () => false);
  };
  const isThere = async (id: string) => (await client.get(`/compute/v2.1/servers/${id}`)).status === 200;
  const disarm = () => assert.equal(simulator.disarm(armed.id), true);
  return {
    client,
    clock,
    simulator,
    remove,
    logsIn,
    isThere,
    disarm,
    [Symbol.dispose]: () => world[Symbol.dispose](),
  };
}

Deno.test("fault 16: a deletion that is stuck is carried out", async () => {
  using world = await withFault({ fault: 16 });
  const id = await world.client.booted("node-1");
  await world.clock.advance(SECOND);
  await world.remove(id);
  await world.clock.advance(10 * MINUTE);
  assert.equal(await world.isThere(id), true);
  const since = new Date(world.clock.now()).toISOString();
  world.disarm();
  assert.equal(await world.isThere(id), false);
  const query = `?changes-since=${encodeURIComponent(since)}`;
  assert.deepEqual(await world.client.names(query), ["node-1"], "the listing of changes tells of it");
});

Deno.test("fault 16: a deletion that is disarmed at once takes its own time", async () => {
  using world = await withFault({ fault: 16 });
  const id = await world.client.booted("node-1");
  await world.remove(id);
  world.disarm();
  assert.equal(await world.isThere(id), true);
  await world.clock.advance(SECOND);
  assert.equal(await world.isThere(id), false);
});

Deno.test("fault 10: a build that is stuck ends", async () => {
  using world = await withFault({ fault: 10 });
  const id = await world.client.booted("node-1");
  await world.clock.advance(10 * MINUTE);
  assert.equal((await world.client.server(id)).status, "BUILD");
  world.disarm();
  assert.equal((await world.client.server(id)).status, "ACTIVE");
  assert.equal(await world.logsIn(id), true);
});

Deno.test("faults 11 and 34: a server gets its address, and its port comes up", async () => {
  for (const fault of [11, 34]) {
    using world = await withFault({ fault });
    const id = await world.client.booted("node-1");
    await world.clock.advance(MINUTE);
    world.disarm();
    assert.equal(await world.logsIn(id), true);
    const { json } = await world.client.get("/network/v2.0/ports");
    assert.deepEqual(json.ports.map((port: { status: string }) => port.status), ["ACTIVE"]);
  }
});

Deno.test("faults 12 to 14: a server can be logged in to", async () => {
  for (const fault of [12, 13, 14]) {
    using world = await withFault({ fault });
    const id = await world.client.booted("node-1");
    await world.clock.advance(MINUTE);
    assert.equal(await world.logsIn(id), false);
    world.disarm();
    assert.equal(await world.logsIn(id), true);
  }
});

Deno.test("fault 15: a server that has not vanished yet stays, one that has is gone", async () => {
  for (const [after, isThere] of [[SECOND, true], [5 * MINUTE, false]] as const) {
    using world = await withFault({ fault: 15, time: MINUTE });
    const id = await world.client.booted("node-1");
    await world.clock.advance(after);
    world.disarm();
    await world.clock.advance(10 * MINUTE);
    assert.equal(await world.isThere(id), isThere);
  }
});

Deno.test("fault 15: a server that is deleted before it vanishes is gone in its time", async () => {
  using world = await withFault({ fault: 15, time: MINUTE });
  const id = await world.client.booted("node-1");
  await world.clock.advance(2 * SECOND);
  await world.remove(id);
  world.disarm();
  await world.clock.advance(SECOND);
  assert.equal(await world.isThere(id), false);
});

Deno.test("fault 28: an upload and a snapshot become active", async () => {
  for (const effect of [true, false]) {
    using world = await withFault({ fault: 28, effect });
    const server = await world.client.booted("node-1");
    const image = await world.client.createdImage("fresh");
    await world.clock.advance(SECOND);
    await world.client.upload(image, bytes);
    const action = { createImage: { name: "snap" } };
    const headers = { "openstack-api-version": "compute 2.45" };
    const snapshot = await world.client.call("POST", `/compute/v2.1/servers/${server}/action`, action, {
      headers,
    });
    await world.clock.advance(10 * MINUTE);
    world.disarm();
    for (const id of [image, snapshot.json.image_id]) {
      assert.equal((await world.client.image(id)).status, "active");
    }
    assert.equal((await world.client.server(server))["OS-EXT-STS:task_state"], null);
  }
});

Deno.test("fault 29: an upload that is not killed yet becomes active", async () => {
  using world = await withFault({ fault: 29 });
  const image = await world.client.createdImage("fresh");
  await world.client.upload(image, bytes);
  world.disarm();
  await world.clock.advance(SECOND);
  assert.equal((await world.client.image(image)).status, "active");
});

Deno.test("fault 30: armed again, an image is in use for its time once more", async () => {
  using world = await withFault({ fault: 30, time: MINUTE });
  const image = await world.client.createdImage("fresh");
  const remove = async () => (await world.client.call("DELETE", `/image/v2/images/${image}`)).status;
  assert.equal(await remove(), 409);
  world.disarm();
  await world.clock.advance(MINUTE);
  world.simulator.arm({ fault: 30, time: MINUTE });
  assert.equal(await remove(), 409);
});

Deno.test("faults 18 to 20: a listing is right again at once", async () => {
  for (const fault of [18, 19, 20]) {
    using world = await withFault({ fault });
    const [gone] = [await world.client.booted("gone"), await world.client.booted("there")];
    await world.clock.advance(SECOND);
    await world.remove(gone);
    await world.clock.advance(SECOND);
    world.disarm();
    assert.deepEqual(await world.client.names(), ["there"]);
  }
});

Deno.test("a fault whose window is over lets go as one that is disarmed", async () => {
  using world = await withFault({ fault: 16, until: MINUTE });
  const id = await world.client.booted("node-1");
  await world.remove(id);
  await world.clock.advance(MINUTE - 1);
  assert.equal(await world.isThere(id), true);
  await world.clock.advance(1);
  assert.equal(await world.isThere(id), false);
});

Deno.test("a server that two faults hold up goes on when the last one is disarmed", async () => {
  using world = await withFault({ fault: 10 });
  world.simulator.arm({ fault: 10 });
  const id = await world.client.booted("node-1");
  await world.clock.advance(MINUTE);
  assert.equal(world.simulator.disarm(), true);
  assert.equal((await world.client.server(id)).status, "ACTIVE");
});
