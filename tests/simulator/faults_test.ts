/** Each fault of the catalogue, struck and seen through the interface that a client has. */
import assert from "node:assert/strict";
import type { CloudError } from "../../src/domain/cloud_error.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { faultCatalogue } from "../../src/simulator/fault_catalogue.ts";
import type { FaultRuleInput, SimulatorInput } from "../../src/simulator/settings.ts";
import { virtualSimulator } from "./simulated_client.ts";

type CloudInput = NonNullable<SimulatorInput["clouds"]>[number];

const QUICK: CloudInput = { bootTime: SECOND, deleteTime: SECOND };
const login = { port: 2222, username: "debian", privateKey: "any", hostKeys: [] };
const run = { command: "true", timeout: SECOND, signal: new AbortController().signal };

/** A simulator with one rule in force. */
async function withFault(rule: FaultRuleInput, cloud: CloudInput = {}) {
  const ssh = { acceptAnyKey: true };
  const world = await virtualSimulator({ ...QUICK, ssh, ...cloud });
  world.simulator.arm(rule);
  const servers = world.simulator.cloud().servers;
  const lastFault = () => world.simulator.journal.rows().at(-1)!;
  const failure = (promise: Promise<unknown>): Promise<CloudError> =>
    promise.then(() => assert.fail("it did not fail"), (error) => error);
  return { ...world, servers, lastFault, failure, [Symbol.dispose]: () => world[Symbol.dispose]() };
}

/** The address of a server just booted, once it is ACTIVE. */
async function activeAddress({ client, clock }: Awaited<ReturnType<typeof withFault>>): Promise<string> {
  const id = await client.booted("node-1");
  await clock.advance(SECOND);
  return (await client.server(id)).addresses.private[0].addr;
}

Deno.test("fault 1: error 500, and no server", async () => {
  using world = await withFault({ fault: 1 });
  const { status, json } = await world.client.boot("node-1");
  assert.equal(status, 500);
  assert.match(json.computeFault.message, /^Unexpected API Error/);
  assert.equal(world.servers.counts().created, 0);
  assert.deepEqual([world.lastFault().fault, world.lastFault().effect], [1, false]);
});

Deno.test("fault 2: error 500, and the server is there", async () => {
  using world = await withFault({ fault: 2 });
  assert.equal((await world.client.boot("node-1")).status, 500);
  assert.deepEqual(await world.client.names(), ["node-1"]);
  const row = world.simulator.journal.rows().find(({ operation }) => operation === "server.create")!;
  assert.deepEqual([row.fault, row.effect, row.status], [2, true, 500]);
});

Deno.test("fault 3: the connection is reset after the server was made", async () => {
  using world = await withFault({ fault: 3 });
  const error = await world.failure(world.client.boot("node-1"));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "unknown"]);
  assert.deepEqual(await world.client.names(), ["node-1"]);
});

Deno.test("fault 3 without effect: reset, and no server", async () => {
  using world = await withFault({ fault: 3, effect: false });
  assert.equal((await world.failure(world.client.boot("node-1"))).kind, "unavailable");
  assert.deepEqual(await world.client.names(), []);
});

Deno.test("fault 4: the answer never comes, and the caller's own timeout ends the call", async () => {
  using world = await withFault({ fault: 4, operation: "limits.show" });
  const deadline = new AbortController();
  const call = world.failure(
    world.client.call("GET", "/compute/v2.1/limits", undefined, { signal: deadline.signal }),
  );
  await world.clock.advance(60 * MINUTE);
  deadline.abort(new DOMException("too long", "TimeoutError"));
  const error = await call;
  assert.deepEqual([error.kind, error.effect], ["timeout", "unknown"]);
  assert.deepEqual([world.lastFault().fault, world.lastFault().status], [4, null]);
});

Deno.test("fault 5: answers come late by the rule's time", async () => {
  using world = await withFault({ fault: 5, time: 3 * SECOND, operation: "server.list" });
  let answered = false;
  const call = world.client.names().then(() => answered = true);
  await world.clock.advance(3 * SECOND - 1);
  assert.equal(answered, false);
  await world.clock.advance(1);
  await call;
  assert.equal(answered, true);
});

Deno.test("faults 6 and 7: 429, with and without Retry-After", async () => {
  using world = await withFault({ fault: 6, count: 1, time: 7 * SECOND });
  world.simulator.arm({ fault: 7, count: 1 });
  const first = await world.client.boot("node-1");
  assert.deepEqual([first.status, first.headers["retry-after"]], [429, "7"]);
  const second = await world.client.boot("node-1");
  assert.deepEqual([second.status, second.headers["retry-after"]], [429, undefined]);
  assert.equal((await world.client.boot("node-1")).status, 202);
});

Deno.test("fault 8: 403 over quota", async () => {
  using world = await withFault({ fault: 8 });
  const { status, json } = await world.client.boot("node-1");
  assert.equal(status, 403);
  assert.match(json.forbidden.message, /^Quota exceeded for instances/);
});

Deno.test("fault 9: the build ends in ERROR, with Nova's reason", async () => {
  using world = await withFault({ fault: 9 });
  const id = await world.client.booted("node-1");
  await world.clock.advance(SECOND);
  const { status, fault } = await world.client.server(id);
  assert.equal(status, "ERROR");
  assert.equal(fault.message, "No valid host was found. ");
});

Deno.test("fault 10: the build never ends, but the server can be deleted", async () => {
  using world = await withFault({ fault: 10 });
  const id = await world.client.booted("node-1");
  await world.clock.advance(50 * MINUTE);
  assert.equal((await world.client.server(id)).status, "BUILD");
  await world.client.call("DELETE", `/compute/v2.1/servers/${id}`);
  await world.clock.advance(SECOND);
  assert.deepEqual(await world.client.names(), []);
});

Deno.test("fault 11: ACTIVE without an address", async () => {
  using world = await withFault({ fault: 11 });
  const id = await world.client.booted("node-1");
  await world.clock.advance(MINUTE);
  const { status, addresses } = await world.client.server(id);
  assert.deepEqual([status, addresses], ["ACTIVE", {}]);
});

Deno.test("faults 12 to 14: SSH never opens, refuses the key, closes in mid-command", async () => {
  for (const [fault, failure] of [[12, "network"], [13, "auth"], [14, "command"]] as const) {
    using world = await withFault({ fault });
    const address = await activeAddress(world);
    await assert.rejects(world.simulator.shell.login({ ...login, address }, run), { failure });
  }
});

Deno.test("fault 15: a new server vanishes some time after it became ACTIVE", async () => {
  using world = await withFault({ fault: 15, time: MINUTE });
  await world.client.booted("node-1");
  await world.clock.advance(SECOND + MINUTE - 1);
  assert.deepEqual(await world.client.names("?status=ACTIVE"), ["node-1"]);
  await world.clock.advance(1);
  assert.deepEqual(await world.client.names(), []);
  assert.deepEqual(await world.client.names("?changes-since=2020-01-01T00:00:00Z"), ["node-1"]);
});

Deno.test("fault 15 without effect: servers there are vanish without a trace", async () => {
  using world = await virtualSimulator(QUICK);
  for (const name of ["red", "blue"]) await world.client.booted(name);
  await world.clock.advance(SECOND);
  world.simulator.arm({ fault: 15, name: "red", effect: false, time: 0 });
  assert.deepEqual(await world.client.names(), ["blue"]);
  assert.deepEqual(await world.client.names("?changes-since=2020-01-01T00:00:00Z"), ["blue"]);
});

Deno.test("fault 16: the deletion is accepted and the server stays, deleting", async () => {
  using world = await withFault({ fault: 16, count: 1 });
  const id = await world.client.booted("node-1");
  assert.equal((await world.client.call("DELETE", `/compute/v2.1/servers/${id}`)).status, 204);
  await world.clock.advance(50 * MINUTE);
  const { status, "OS-EXT-STS:task_state": task } = await world.client.server(id);
  assert.deepEqual([status, task], ["ACTIVE", "deleting"]);
});

Deno.test("fault 17: 409 on deletion", async () => {
  using world = await withFault({ fault: 17, count: 1 });
  const id = await world.client.booted("node-1");
  const path = `/compute/v2.1/servers/${id}`;
  assert.equal((await world.client.call("DELETE", path)).status, 409);
  assert.equal((await world.client.call("DELETE", path)).status, 204);
});

Deno.test("fault 18: a deleted server is listed for some more time, as if it were there", async () => {
  using world = await withFault({ fault: 18, time: MINUTE });
  const id = await world.client.booted("node-1");
  await world.clock.advance(SECOND);
  await world.client.call("DELETE", `/compute/v2.1/servers/${id}`);
  await world.clock.advance(30 * SECOND);
  const { json } = await world.client.get("/compute/v2.1/servers/detail");
  assert.deepEqual(json.servers.map((server: { status: string }) => server.status), ["ACTIVE"]);
  await world.clock.advance(MINUTE);
  assert.deepEqual(await world.client.names(), []);
});

Deno.test("fault 19: the list is cut short, with no link to the rest", async () => {
  using world = await withFault({ fault: 19 });
  for (let number = 1; number <= 5; number++) await world.client.booted(`node-${number}`);
  const { json } = await world.client.get("/compute/v2.1/servers/detail?limit=100");
  assert.ok(json.servers.length < 5);
  assert.equal(json.servers_links, undefined);
});

Deno.test("fault 20: the list is as it was some time ago", async () => {
  using world = await withFault({ fault: 20, time: 10 * SECOND }, { deleteTime: 0 });
  const id = await world.client.booted("old");
  await world.clock.advance(10 * SECOND);
  await world.client.booted("new");
  await world.client.call("DELETE", `/compute/v2.1/servers/${id}`);
  assert.deepEqual(await world.client.names(), ["old"]);
  await world.clock.advance(10 * SECOND);
  assert.deepEqual(await world.client.names(), ["new"]);
});

Deno.test("fault 21: a token ends before the time that it tells", async () => {
  using world = await withFault({ fault: 21, time: 5 * SECOND });
  const { json } = await world.client.authenticate({});
  assert.ok(Date.parse(json.token.expires_at) > world.clock.now() + MINUTE);
  await world.clock.advance(5 * SECOND);
  assert.equal((await world.client.get("/compute/v2.1/servers")).status, 401);
});

Deno.test("fault 22: 401 on everything but logging in", async () => {
  using world = await withFault({ fault: 22, count: 3 });
  assert.equal((await world.client.authenticate({})).status, 201);
  for (const path of ["/compute/v2.1/servers", "/network/v2.0/ports", "/image/v2/images"]) {
    assert.equal((await world.client.get(path)).status, 401);
  }
  assert.equal((await world.client.get("/compute/v2.1/servers")).status, 200);
});

Deno.test("fault 23: one service is down and the others are not", async () => {
  using world = await withFault({ fault: 23, service: "network" });
  const error = await world.failure(world.client.get("/network/v2.0/networks"));
  assert.deepEqual([error.kind, error.effect], ["unavailable", "none"]);
  assert.equal((await world.client.get("/compute/v2.1/servers")).status, 200);
});

Deno.test("fault 24: half of the answer's JSON", async () => {
  using world = await withFault({ fault: 24 });
  const { status, json } = await world.client.get("/compute/v2.1/servers");
  assert.deepEqual([status, json], [200, '{"serve']);
});

Deno.test("fault 32: the pool of floating IPs is empty", async () => {
  using world = await withFault({ fault: 32 });
  const { status, json } = await world.client.call("POST", "/network/v2.0/floatingips", { floatingip: {} });
  assert.deepEqual([status, json.NeutronError.type], [409, "IpAddressGenerationFailure"]);
});

Deno.test("fault 34: the port is left DOWN", async () => {
  using world = await withFault({ fault: 34 });
  await activeAddress(world);
  const { json } = await world.client.get("/network/v2.0/ports");
  assert.deepEqual(json.ports.map((port: { status: string }) => port.status), ["DOWN"]);
});

Deno.test("fault 37: a server shows another host key than before", async () => {
  using world = await withFault({ fault: 32 });
  const address = await activeAddress(world);
  const before = await world.simulator.shell.login({ ...login, address }, run);
  world.simulator.arm({ fault: 37 });
  const target = { ...login, address, hostKeys: [before.hostKey] };
  await assert.rejects(world.simulator.shell.login(target, run), { failure: "hostKey" });
});

Deno.test("the catalogue holds every fault under its own number", () => {
  for (const [number, fault] of faultCatalogue) assert.equal(fault.number, number);
  for (const number of [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 19, 23, 27, 28, 29, 30]) {
    assert.ok(faultCatalogue.has(number), `fault ${number}`);
  }
});

Deno.test("fault 19 without effect: the list is empty, also of images", async () => {
  using world = await virtualSimulator(QUICK);
  await world.client.booted("node-1");
  world.simulator.arm({ fault: 19, effect: false, operation: "server.list image.list" });
  assert.deepEqual(await world.client.names(), []);
  assert.deepEqual((await world.client.get("/image/v2/images")).json.images, []);
});

for (const told of [true, false]) {
  Deno.test(`fault 38: a cell is down, ${told ? "and Nova tells of it from 2.69 on" : "with no word of it"}`, async () => {
    using world = await virtualSimulator(QUICK);
    const id = await world.client.booted("old");
    world.simulator.arm({ fault: 38, effect: told ? null : false });
    await world.client.booted("new");
    await world.clock.advance(SECOND);
    const newest = { "openstack-api-version": "compute 2.69" };
    const listed = async (query: string, headers: Record<string, string> = {}) => {
      const path = `/compute/v2.1/servers/detail${query}`;
      const { json } = await world.client.get(path, headers);
      return json.servers.map(({ status }: { status: string }) => status);
    };
    assert.deepEqual(await listed(""), ["ACTIVE"]);
    assert.deepEqual(await listed("", newest), told ? ["ACTIVE", "UNKNOWN"] : ["ACTIVE"]);
    assert.deepEqual(await listed("?limit=10", newest), ["ACTIVE"], "pages leave them out");
    const path = `/compute/v2.1/servers/${id}`;
    assert.equal((await world.client.get(path)).status, 500);
    const shown = await world.client.get(path, newest);
    assert.equal(shown.status, told ? 200 : 500);
    if (told) assert.equal(shown.json.server.status, "UNKNOWN");
    world.simulator.disarm();
    assert.deepEqual(await listed("?limit=10"), ["ACTIVE", "ACTIVE"]);
  });
}
