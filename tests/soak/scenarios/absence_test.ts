/** Hundreds of servers that are gone at once, and a day of lists without images: what is gone is known soon, what lives stays. */
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
