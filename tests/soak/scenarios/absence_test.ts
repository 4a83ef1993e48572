/**
 * Hundreds of servers that are gone at once, a day of lists without images, changes that are wrong: what is gone is known
 * soon, what lives stays.
 */
import assert from "node:assert/strict";
import { serverIdOf } from "../../../src/domain/node.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { viewStatus } from "../../../src/views/status.ts";
import { imageConfig, readyImages } from "../../scenarios/image_pool.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

for (const [name, effect] of [["and the cloud tells", true], ["without a trace", false]] as const) {
  Deno.test(`five hundred servers that are gone ${name} are known to be so within two minutes`, async () => {
    const size = 500;
    const provider = "auto-floating-ip: false";
    const config = poolConfig({ minReady: size, maxServers: size, provider }).replace("rate: 0", "rate: 0.1");
    await using virtual = await VirtualPool.start({ config });
    await virtual.clock.advance(2 * MINUTE);
    assert.equal(virtual.count("ready"), size);
    await virtual.acquire("small", 50);
    const gone = new Set(virtual.pool.report().nodes.map(serverIdOf));
    const asked = virtual.simulator.journal.count;
    virtual.simulator.arm({ fault: 15, effect, time: 0 });
    virtual.simulator.disarm();
    const living = () => virtual.pool.report().nodes.filter((node) => gone.has(serverIdOf(node))).length;
    await virtual.clock.advance(2 * MINUTE);
    assert.equal(living(), 0);
    const deleted = virtual.simulator.journal.rows({ since: asked }).filter(({ method }) =>
      method === "DELETE"
    );
    assert.deepEqual(deleted, []);
    await virtual.clock.advance(2 * MINUTE);
    assert.equal(virtual.count("ready"), size);
  });
}

Deno.test("images outlive a day of lists without them, and are booted from after", async () => {
  await using virtual = await VirtualPool.start({ config: imageConfig({ prepared: ["made"] }) });
  const problems = () => viewStatus(virtual.pool.report()).problems.join("\n");
  await virtual.until(() => readyImages(virtual, "simulator").length === 2, HOUR);
  await virtual.during(virtual.acquire("noble"));
  virtual.simulator.arm({ fault: 19, effect: false, operation: "image.list" });
  await virtual.clock.advance(24 * HOUR);
  assert.equal(readyImages(virtual, "simulator").length, 2);
  assert.match(problems(), /they omit 2 images/);
  await virtual.during(virtual.acquire("made"));
  assert.equal(virtual.simulator.journal.countOf("image.delete"), 0);
  virtual.simulator.disarm();
  await virtual.clock.advance(30 * MINUTE);
  assert.equal(problems(), "");
});

Deno.test("changes that call servers deleted that live end no node in use", async () => {
  const size = 6;
  const config = poolConfig({ minReady: 0, maxServers: size + 1 });
  await using virtual = await VirtualPool.start({ config });
  await virtual.acquire("small", size);
  const { servers } = virtual.simulator.cloud("simulator");
  const { changedSince } = servers;
  // While something is built, the changes are asked for.
  virtual.simulator.arm({ fault: 10 });
  const waiting = virtual.acquire("small").catch(() => null);
  await virtual.until(() => virtual.count("building") === 1);
  Object.assign(servers, {
    changedSince: () => servers.standing().map((server) => Object.create(server, { goneAt: { value: 0 } })),
  });
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(virtual.count("used"), size);
  Object.assign(servers, { changedSince });
  await virtual.clock.advance(20 * MINUTE);
  assert.equal(virtual.count("used"), size);
  await virtual.stopPool();
  await waiting;
});
