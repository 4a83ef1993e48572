import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import type { FaultRuleInput } from "../../src/simulator/settings.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { SimulatedClient, virtualSimulator } from "./simulated_client.ts";

/** The statuses of so many creations, one after the other. */
async function statuses(client: SimulatedClient, names: readonly string[]): Promise<number[]> {
  const all = [];
  for (const name of names) all.push((await client.boot(name)).status);
  return all;
}

Deno.test("a rule strikes as often as its count says, after those it lets pass", async () => {
  using world = await virtualSimulator();
  const armed = world.simulator.arm({ fault: 1, skip: 1, count: 2 });
  assert.deepEqual(await statuses(world.client, ["a", "b", "c", "d"]), [202, 500, 500, 202]);
  assert.equal(armed.struck, 2);
});

Deno.test("a rule with a name strikes what is about that name only, deletions too", async () => {
  using world = await virtualSimulator();
  world.simulator.arm({ fault: 1, name: "red-*", operation: "server.*" });
  assert.deepEqual(await statuses(world.client, ["red-1", "blue-1"]), [500, 202]);
  world.simulator.disarm();
  const id = await world.client.booted("red-2");
  world.simulator.arm({ fault: 17, name: "red-2" });
  assert.equal((await world.client.call("DELETE", `/compute/v2.1/servers/${id}`)).status, 409);
});

Deno.test("a rule is in force within its window only", async () => {
  using world = await virtualSimulator();
  world.simulator.arm({ fault: 1, after: MINUTE, until: 2 * MINUTE });
  assert.deepEqual(await statuses(world.client, ["a"]), [202]);
  await world.clock.advance(MINUTE);
  assert.deepEqual(await statuses(world.client, ["b"]), [500]);
  await world.clock.advance(MINUTE);
  assert.deepEqual(await statuses(world.client, ["c"]), [202]);
});

Deno.test("a rule for one cloud leaves the others alone", async () => {
  using simulator = createSimulator({
    clock: new VirtualClock(),
    random: seededRandom(1),
    clouds: [{ name: "alpha" }, { name: "beta" }],
    faults: [{ fault: 1, cloud: "beta" }],
  });
  assert.deepEqual(await statuses(await SimulatedClient.login(simulator, "alpha"), ["a"]), [202]);
  assert.deepEqual(await statuses(await SimulatedClient.login(simulator, "beta"), ["a"]), [500]);
});

Deno.test("a probability strikes about that share", async () => {
  using world = await virtualSimulator();
  world.simulator.arm({ fault: 1, probability: 0.3 });
  const all = await statuses(world.client, Array.from({ length: 300 }, (_, index) => `node-${index}`));
  const struck = all.filter((status) => status === 500).length;
  assert.ok(struck > 60 && struck < 120, `${struck} of 300`);
});

Deno.test("two rules strike together: late, and with an error", async () => {
  using world = await virtualSimulator();
  world.simulator.arm({ fault: 5, operation: "server.create", time: SECOND });
  world.simulator.arm({ fault: 2 });
  const booting = world.client.boot("node-1");
  await world.clock.advance(SECOND);
  assert.equal((await booting).status, 500);
  assert.equal(world.simulator.cloud().servers.counts().created, 1);
});

Deno.test("a rule taken out of force strikes no more", async () => {
  using world = await virtualSimulator();
  const { id } = world.simulator.arm({ fault: 1 });
  assert.deepEqual(await statuses(world.client, ["a"]), [500]);
  assert.equal(world.simulator.disarm(id), true);
  assert.equal(world.simulator.disarm(id), false);
  assert.deepEqual(await statuses(world.client, ["a"]), [202]);
});

Deno.test("a rule that cannot be used says why", async () => {
  using world = await virtualSimulator();
  assert.throws(
    () => world.simulator.arm({ fault: 99 }),
    /^Error: a fault rule cannot be used: fault: fault 99 is not in the simulator's catalogue; it has 1, 2, 3/,
  );
  assert.throws(
    () => world.simulator.arm({ fault: 1, probability: 2 }),
    /a fault rule cannot be used: .*probability: /,
  );
  assert.throws(() => world.simulator.arm({ fault: 1, nmae: "x" } as FaultRuleInput), /nmae/);
});

Deno.test("rules are armed, listed and cleared over the control route, in seconds", async () => {
  using world = await virtualSimulator();
  const control = (method: "GET" | "POST" | "DELETE", path: string, body?: unknown) =>
    world.client.call(method, `http://simulator.test/_simulator${path}`, body);
  const armed = await control("POST", "/faults", { fault: 5, time: 2, operation: "limits.show" });
  assert.deepEqual([armed.status, armed.json.rule.time], [201, 2 * SECOND]);
  assert.equal((await control("GET", "/faults")).json.armed.length, 1);
  const refused = await control("POST", "/faults", { fault: 5, tiem: 2 });
  assert.equal(refused.status, 400);
  assert.match(refused.json.error, /tiem/);
  assert.deepEqual((await control("DELETE", "/faults")).json, { disarmed: true });
  assert.equal((await control("GET", "/faults")).json.armed.length, 0);
  assert.equal((await control("GET", "/nothing")).status, 404);
});

Deno.test("the control route tells state and journal, and makes a server vanish", async () => {
  using world = await virtualSimulator();
  const id = await world.client.booted("node-1", { metadata: { nodepool: '{"node_id": 7}' } });
  const control = async (method: "GET" | "POST", path: string) =>
    (await world.client.call(method, `http://simulator.test/_simulator${path}`)).json;
  const { count } = await control("GET", "/journal");
  const { rows } = await control("GET", `/journal?since=${count - 1}`);
  assert.equal(rows.length, 1);
  assert.deepEqual(
    [rows[0].n, rows[0].operation, rows[0].serverId, rows[0].nodeId, rows[0].effect],
    [count, "server.create", id, 7, true],
  );
  await control("POST", `/servers/${id}/vanish`);
  const state = await control("GET", "/state");
  assert.deepEqual(state.clouds.simulator.servers, { created: 1, deleted: 1, standing: 0 });
});

Deno.test("the control route changes a cloud's quotas, and lets others use them up", async () => {
  using world = await virtualSimulator();
  const change = (name: string, body: unknown) =>
    world.client.call("PATCH", `http://simulator.test/_simulator/clouds/${name}`, body);
  assert.equal((await change("simulator", { quotas: { instances: 2, "floating-ips": 5 } })).status, 200);
  assert.deepEqual(await statuses(world.client, ["a"]), [202]);
  const { json } = await change("simulator", { "foreign-use": { instances: 1 } });
  assert.deepEqual([json.use.instances, json.quotas.floatingIps], [2, 5]);
  assert.deepEqual(await statuses(world.client, ["b"]), [403]);
  assert.equal((await change("simulator", { quotas: { instances: "many" } })).status, 400);
  assert.equal((await change("nowhere", {})).status, 404);
});
