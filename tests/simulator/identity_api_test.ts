import assert from "node:assert/strict";
import { HOUR, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { VirtualClock } from "../virtual_clock.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { SimulatedClient, virtualSimulator } from "./simulated_client.ts";

Deno.test("a password gives a token with a catalog of every service", async () => {
  using world = await virtualSimulator({ region: "west" });
  const { json } = await world.client.authenticate({});
  assert.deepEqual(json.token.catalog.map((service: { type: string }) => service.type), [
    "compute",
    "image",
    "identity",
    "network",
  ]);
  const [endpoint] = json.token.catalog[0].endpoints;
  assert.equal(endpoint.url, "http://simulator.test/simulator/compute/v2.1");
  assert.equal(endpoint.region_id, "west");
  assert.equal(json.token.project.name, "nodepool");
});

Deno.test("a wrong password, user or project is refused with 401", async () => {
  using world = await virtualSimulator();
  assert.equal((await world.client.authenticate({ password: "wrong" })).status, 401);
  assert.equal((await world.client.authenticate({ username: "nobody" })).status, 401);
  const auth = {
    identity: { methods: ["token"], token: { id: world.client.token } },
    scope: { project: { name: "another", domain: { id: "default" } } },
  };
  assert.equal((await world.client.call("POST", "/identity/v3/auth/tokens", { auth })).status, 401);
});

Deno.test("a token ends when its life is over, on every service", async () => {
  using world = await virtualSimulator({ tokenLife: HOUR });
  const paths = ["/compute/v2.1/servers", "/network/v2.0/networks", "/image/v2/images"];
  await world.clock.advance(HOUR - SECOND);
  for (const path of paths) assert.equal((await world.client.get(path)).status, 200, path);
  await world.clock.advance(SECOND);
  for (const path of paths) assert.equal((await world.client.get(path)).status, 401, path);
});

Deno.test("a token stands for its user when it asks for another", async () => {
  using world = await virtualSimulator();
  const identity = { methods: ["token"], token: { id: world.client.token } };
  const scope = { project: { name: "nodepool", domain: { id: "default" } } };
  const answer = await world.client.call("POST", "/identity/v3/auth/tokens", { auth: { identity, scope } });
  assert.equal(answer.status, 201);
  assert.notEqual(answer.headers["x-subject-token"], world.client.token);
});

Deno.test("an application credential gives a token of the project without a scope", async () => {
  using world = await virtualSimulator({ applicationCredential: { id: "app", secret: "s3cret" } });
  const login = (secret: string) =>
    world.client.call("POST", "/identity/v3/auth/tokens", {
      auth: {
        identity: { methods: ["application_credential"], application_credential: { id: "app", secret } },
      },
    });
  assert.equal((await login("wrong")).status, 401);
  const { status, json } = await login("s3cret");
  assert.equal(status, 201);
  assert.equal(json.token.project.name, "nodepool");
});

Deno.test("a revoked token is refused", async () => {
  using world = await virtualSimulator();
  const { token } = world.client;
  await world.client.call("DELETE", "/identity/v3/auth/tokens", undefined, {
    headers: { "x-subject-token": token },
  });
  assert.equal((await world.client.get("/compute/v2.1/servers")).status, 401);
});

Deno.test("each of several clouds has its own users, servers and addresses", async () => {
  using simulator = createSimulator({
    clock: new VirtualClock(),
    random: seededRandom(1),
    clouds: [{ name: "alpha" }, { name: "beta", password: "other", project: "nodepool" }],
  });
  const alpha = await SimulatedClient.login(simulator, "alpha");
  const beta = new SimulatedClient(simulator.send, "http://simulator.test/beta");
  assert.equal((await beta.authenticate({})).status, 401);
  assert.equal((await beta.authenticate({ password: "other" })).status, 201);
  await alpha.booted("one");
  assert.deepEqual(await alpha.names(), ["one"]);
  assert.deepEqual(await beta.names(), []);
  const blocks = [...simulator.clouds.values()].flatMap(({ stock }) =>
    stock.networks.map(({ block }) => block)
  );
  assert.equal(new Set(blocks).size, 4);
  beta.token = alpha.token;
  assert.equal((await beta.get("/compute/v2.1/servers")).status, 401);
});

Deno.test("two clouds of one name are refused", () => {
  assert.throws(
    () =>
      createSimulator({
        clock: new VirtualClock(),
        random: seededRandom(1),
        clouds: [{ name: "a" }, { name: "a" }],
      }),
    /another cloud is named a/,
  );
});
