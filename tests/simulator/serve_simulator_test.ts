/** The simulator on the network: what only shows there. */
import assert from "node:assert/strict";
import { eventually } from "../eventually.ts";
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

/** A body of so many KiB that tells how much of it was asked for. */
function bodyOf(kibibytes: number) {
  const told = { given: 0 };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (told.given === kibibytes) return controller.close();
      told.given += 64;
      controller.enqueue(new Uint8Array(64 * 1024));
    },
  }, { highWaterMark: 0 });
  return { stream, told };
}

/** A simulator that makes images active at once, and an image without data there. */
async function withImage() {
  const world = await serveForTest({ clouds: [{ saveTime: 0 }] });
  const token = await tokenOf(world);
  const headers = { "x-auth-token": token };
  const made = await ask(world, "/image/v2/images", {
    method: "POST",
    headers,
    body: JSON.stringify({ name: "fresh", disk_format: "raw", container_format: "bare" }),
  });
  const { id } = await made.json();
  const image = async () => await (await ask(world, `/image/v2/images/${id}`, { headers })).json();
  const upload = (
    body: ReadableStream<Uint8Array>,
    { of = id, signal }: { of?: string; signal?: AbortSignal } = {},
  ) =>
    ask(world, `/image/v2/images/${of}/file`, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body,
      ...(signal === undefined ? {} : { signal }),
    });
  return { ...world, image, upload, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

Deno.test("over HTTP an upload of unknown length is taken in piece by piece", async () => {
  await using world = await withImage();
  assert.equal((await world.upload(bodyOf(32 * 1024).stream)).status, 204);
  const { size, status, checksum } = await world.image();
  assert.deepEqual([size, status, checksum], [32 * 2 ** 20, "active", "58f06dd588d8ffb3beb46ada6309436b"]);
});

Deno.test("over HTTP a hanging upload takes in no more than the network holds, and ends with its client", async () => {
  await using world = await withImage();
  const { id } = world.simulator.arm({ fault: 5, operation: "image.upload", time: 500, count: 1 });
  const { stream, told } = bodyOf(1024 * 1024);
  const gaveUp = new AbortController();
  const upload = world.upload(stream, { signal: gaveUp.signal });
  await eventually(() => world.simulator.faults.some((armed) => armed.id === id && armed.struck === 1));
  await eventually(async () => {
    const before = told.given;
    await new Promise<void>((resolve) => setImmediate(resolve));
    return told.given === before && before > 0;
  });
  assert.ok(told.given < 64 * 1024, `${told.given} KiB were taken while the cloud hung`);
  gaveUp.abort();
  await assert.rejects(upload, { name: "AbortError" });
  const uploads = () =>
    world.simulator.journal.rows().filter(({ operation }) => operation === "image.upload");
  await eventually(() => uploads().length === 1);
  assert.deepEqual([uploads()[0]!.status, (await world.image()).status], [null, "queued"]);
});

Deno.test("over HTTP fault 27 resets the connection in the middle of an upload", async () => {
  await using world = await withImage();
  world.simulator.arm({ fault: 27 });
  const { stream, told } = bodyOf(256 * 1024);
  await assert.rejects(world.upload(stream), TypeError);
  assert.ok(told.given > 0 && told.given < 64 * 1024, `${told.given} KiB were sent`);
  assert.equal((await world.image()).status, "queued");
});

Deno.test("over HTTP an upload that is refused gets its answer, whatever is still to come", async () => {
  await using world = await withImage();
  const answer = await world.upload(bodyOf(8 * 1024).stream, { of: "none" });
  assert.equal(answer.status, 404);
  await answer.body?.cancel();
});

Deno.test("a port that is taken is a clear error, and nothing is left open", async () => {
  await using world = await serveForTest({});
  const { port } = new URL(world.served.baseUrl);
  const { serveSimulator } = await import("../../src/simulator/serve_simulator.ts");
  await assert.rejects(
    serveSimulator(world.simulator, { hostname: "127.0.0.1", port: Number(port), sshPort: 0 }),
    /the simulator cannot listen on 127\.0\.0\.1:\d+: another program does; choose another address with --listen$/,
  );
  await assert.rejects(
    serveSimulator(world.simulator, { hostname: "127.0.0.1", port: 0, sshPort: world.served.sshPort }),
    /simulated servers cannot answer on port \d+: another program does; choose another SSH port$/,
  );
});
