/**
 * One service of a cloud, or one thing that it can be asked for, is down, hangs or answers nonsense, while the rest is
 * well: whatever does not need it goes on, and status says what is stale.
 */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../../src/domain/time.ts";
import type { FaultRuleInput } from "../../../src/simulator/settings.ts";
import { viewStatus } from "../../../src/views/status.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

/** How it breaks; `hangs` with `effect: false`, so that nothing of the request is carried out. */
const WAYS: Readonly<Record<string, Omit<FaultRuleInput, "operation">>> = {
  "is down": { fault: 23 },
  "hangs": { fault: 4, effect: false },
  "answers slowly": { fault: 5, time: 25 * SECOND },
  "answers nonsense": { fault: 24 },
  "fails with 500": { fault: 1 },
  "takes us for nobody": { fault: 22 },
  "has had enough of us": { fault: 7 },
  "is in maintenance": { fault: 39, status: 503, message: "No server is available to handle this request." },
  "asks for long pauses": { fault: 6, time: 5 * MINUTE },
};

/** What an established pool can do without for hours. */
const PARTS: Readonly<Record<string, string>> = {
  "Glance": "image.*",
  "the list of flavors": "flavor.*",
  "the compute limits": "limits.*",
  "the network quotas": "quota.*",
  "the list of networks": "network.* subnet.*",
};

for (const [part, operation] of Object.entries(PARTS)) {
  for (const [way, rule] of Object.entries(WAYS)) {
    Deno.test(`servers are launched, listed and cleaned up while ${part} ${way}`, async () => {
      await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2 }) });
      await virtual.until(() => virtual.count("ready") === 2);
      const [first] = await virtual.acquire("small");
      await virtual.during(virtual.ask("delete", { ids: [first!.id], comment: "done" }));
      const leaked = await virtual.makeAlien("leaked", virtual.store.installation.id);
      for (const one of operation.split(" ")) virtual.simulator.arm({ ...rule, operation: one });
      await virtual.clock.advance(70 * MINUTE);
      assert.equal(virtual.exists(leaked), false, "the leak is still there");
      await virtual.acquire("small", 2);
      await virtual.until(() => virtual.count("ready") === 2, 3 * MINUTE);
      const report = virtual.pool.report();
      assert.equal(report.providers[0]!.reachable, true);
      assert.ok(report.now - report.providers[0]!.listedAt! <= MINUTE + SECOND, "the servers are listed");
    });
  }
}

for (const service of ["image", "network"] as const) {
  for (const [way, rule] of Object.entries(WAYS)) {
    Deno.test(`servers are launched as fast as ever while the ${service} service ${way}`, async () => {
      await using virtual = await VirtualPool.start({
        config: poolConfig({ minReady: 0, maxServers: 40, provider: "auto-floating-ip: false" }),
      });
      await virtual.acquire("small", 1);
      virtual.simulator.arm({ ...rule, operation: "*", service });
      // The catalog is an hour old when it is listed again.
      await virtual.clock.advance(62 * MINUTE);
      for (let second = 0; second < 60; second++) {
        await virtual.clock.advance(SECOND);
        const { now, providers: [main] } = virtual.pool.report();
        assert.ok(
          now - main!.listedAt! <= MINUTE + 2 * SECOND,
          `the servers were listed ${now - main!.listedAt!} ms ago`,
        );
      }
      const asked = virtual.clock.now();
      await virtual.acquire("small", 30);
      const took = virtual.clock.now() - asked;
      assert.ok(took <= 4 * SECOND, `it took ${took} ms`);
    });
  }
}

for (const way of ["hangs", "answers slowly"] as const) {
  Deno.test(`servers are listed while Neutron ${way} that many nodes wait for`, async () => {
    const config = poolConfig({ minReady: 0, maxServers: 60, provider: "pool: public" });
    await using virtual = await VirtualPool.start({ config });
    const used = await virtual.acquire("small", 40);
    virtual.simulator.arm({ ...WAYS[way]!, time: 50 * SECOND, operation: "*", service: "network" });
    const ids = used.slice(0, 30).map(({ id }) => id);
    await virtual.during(virtual.ask("delete", { ids, comment: "done" }));
    const spec = { label: "small", count: 20, job: null, client: null, deadline: null };
    await virtual.during(virtual.ask("request", spec));
    for (let second = 0; second < 300; second++) {
      await virtual.clock.advance(SECOND);
      const { now, providers: [main] } = virtual.pool.report();
      assert.ok(
        now - main!.listedAt! <= MINUTE + 2 * SECOND,
        `the servers were listed ${now - main!.listedAt!} ms ago`,
      );
    }
  });
}

for (const way of ["is down", "hangs", "is in maintenance"] as const) {
  Deno.test(`nodes wait for their floating IPs while Neutron ${way}, and no other is launched instead`, async () => {
    const config = poolConfig({ minReady: 2, provider: "pool: public" });
    await using virtual = await VirtualPool.start({ config });
    await virtual.until(() => virtual.count("ready") === 2);
    virtual.simulator.arm({ ...WAYS[way]!, operation: "*", service: "network" });
    await virtual.acquire("small", 2);
    await virtual.clock.advance(30 * MINUTE);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 4);
    virtual.simulator.disarm();
    await virtual.until(() => virtual.count("ready") === 2, 2 * MINUTE);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 4);
  });
}

/** What a pool can do without from its start on. */
const DISPENSABLE: Readonly<Record<string, { operation: string; provider: string }>> = {
  "the compute limits": { operation: "limits.*", provider: "" },
  "the network quotas": { operation: "quota.*", provider: "" },
  "the list of floating IPs": {
    operation: "floatingip.*",
    provider: "auto-floating-ip: false\n    clean-floating-ips: true",
  },
};

for (const [part, { operation, provider }] of Object.entries(DISPENSABLE)) {
  for (const [way, rule] of Object.entries(WAYS)) {
    Deno.test(`a pool starts while ${part} ${way}`, async () => {
      await using virtual = await VirtualPool.start({
        config: poolConfig({ minReady: 2, provider }),
        faults: [{ ...rule, operation }],
      });
      await virtual.until(() => virtual.count("ready") === 2, 2 * MINUTE);
    });
  }
}

Deno.test("an image that is named by its id is booted while Glance hangs from the start on", async () => {
  const id = "5c1e9b5c-5c1e-4b5c-9c1e-9b5c5c1e9b5c";
  const config = poolConfig({ minReady: 1 }).replace("base-image: debian-12", `base-image: ${id}`);
  await using virtual = await VirtualPool.start({
    config,
    clouds: [{ images: [{ name: "debian-12", id }] }],
    faults: [{ ...WAYS["hangs"]!, operation: "image.*" }],
  });
  await virtual.until(() => virtual.count("ready") === 1, 2 * MINUTE);
});

Deno.test("status says what is stale, since when, why, and when it is tried again", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.until(() => virtual.count("ready") === 1);
  virtual.simulator.arm({ fault: 23, operation: "image.*" });
  virtual.simulator.arm({ ...WAYS["hangs"]!, operation: "limits.*" });
  await virtual.clock.advance(61 * MINUTE);
  const problems = () => viewStatus(virtual.pool.report()).problems.join("\n");
  const time = String.raw`\d\d:\d\d:\d\d UTC`;
  assert.match(
    problems(),
    RegExp(`provider main: failing to list its base images since ${time}: .*; trying again at ${time}`),
  );
  assert.match(
    problems(),
    RegExp(`provider main: failing to read its compute quota since ${time}: .*no response`),
  );
  virtual.simulator.disarm();
  await virtual.clock.advance(5 * MINUTE);
  assert.equal(problems(), "");
});
