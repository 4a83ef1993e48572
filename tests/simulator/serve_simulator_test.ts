/** The simulator on the network: what only shows there. */
import assert from "node:assert/strict";
import { serveForTest, type TestSimulator } from "./served_simulator.ts";

const AUTH = {
  auth: {
    identity: {
      methods: ["password"],
      password: { user: { name: "nodepool", domain: { name: "Default" }, password: "nodepool" } },
    },
    scope: { project: { name: "nodepool", domain: { name: "Default" } } },
  },
};

/** One request on a connection of its own, so that none outlives the test. */
async function ask({ served }: TestSimulator, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("connection", "close");
  return await fetch(served.baseUrl + path, { ...init, headers });
}

async function tokenOf(world: TestSimulator): Promise<string> {
  const response = await ask(world, "/identity/v3/auth/tokens", {
    method: "POST",
    body: JSON.stringify(AUTH),
  });
  await response.body?.cancel();
  return response.headers.get("x-subject-token")!;
}

/** Asks for a server; the answer may not come. */
function boot(world: TestSimulator, token: string, signal?: AbortSignal): Promise<Response> {
  const { stock } = world.simulator.cloud();
  const server = { name: "one", flavorRef: stock.flavors[0]!.id, imageRef: stock.images[0]!.id };
  return ask(world, "/compute/v2.1/servers", {
    method: "POST",
    headers: { "x-auth-token": token },
    body: JSON.stringify({ server }),
    ...(signal === undefined ? {} : { signal }),
  });
}

const created = ({ simulator }: TestSimulator) => simulator.cloud().servers.counts().created;

Deno.test("over HTTP the catalog leads to the address that the client used", async () => {
  await using world = await serveForTest({ clouds: [{ name: "alpha" }, { name: "beta" }] });
  for (const [prefix, path] of [["", "/compute/v2.1"], ["/beta", "/beta/compute/v2.1"]]) {
    const response = await ask(world, `${prefix}/identity/v3/auth/tokens`, {
      method: "POST",
      body: JSON.stringify(AUTH),
    });
    const { token } = await response.json();
    assert.equal(token.catalog[0].endpoints[0].url, world.served.baseUrl + path);
  }
});

Deno.test("over HTTP fault 3 closes the connection without a word, after the effect", async () => {
  await using world = await serveForTest({});
  const token = await tokenOf(world);
  world.simulator.arm({ fault: 3 });
  await assert.rejects(boot(world, token), TypeError);
  assert.equal(created(world), 1);
});

Deno.test("over HTTP fault 4 leaves the connection open until the client gives up", async () => {
  await using world = await serveForTest({});
  const token = await tokenOf(world);
  world.simulator.arm({ fault: 4 });
  const gaveUp = new AbortController();
  const answer = boot(world, token, gaveUp.signal);
  while (created(world) === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  gaveUp.abort();
  await assert.rejects(answer, { name: "AbortError" });
});

Deno.test("over HTTP fault 23 closes the connection without effect", async () => {
  await using world = await serveForTest({});
  const token = await tokenOf(world);
  world.simulator.arm({ fault: 23, service: "compute" });
  await assert.rejects(boot(world, token), TypeError);
  assert.equal(created(world), 0);
});

Deno.test("a port that is taken is a clear error, and nothing is left open", async () => {
  await using world = await serveForTest({});
  const { port } = new URL(world.served.baseUrl);
  const { serveSimulator } = await import("../../src/simulator/serve_simulator.ts");
  await assert.rejects(
    serveSimulator(world.simulator, { hostname: "127.0.0.1", port: Number(port), sshPort: 0 }),
    /the simulator cannot listen on 127\.0\.0\.1:\d+/,
  );
  await assert.rejects(
    serveSimulator(world.simulator, { hostname: "127.0.0.1", port: 0, sshPort: world.served.sshPort }),
    /simulated servers cannot answer on port \d+: .*; choose another SSH port/,
  );
});
