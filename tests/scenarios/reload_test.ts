/** The configuration is read again while it is being read, while it takes effect, and while the pool ends. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { viewReadiness } from "../../src/views/health.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { imageConfig } from "./image_pool.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const one = poolConfig({ minReady: 1 });
const slower = poolConfig({ minReady: 1, provider: "max-concurrency: 3" });

/** The tasks that `status` shows, by name. */
function tasksOf({ pool }: VirtualPool): readonly string[] {
  return pool.report().daemon!.tasks.map(({ name }) => name).sort();
}

Deno.test("reloads at the same time leave each task running once, all of them in the status", async () => {
  await using virtual = await VirtualPool.start({ config: one });
  await virtual.until(() => virtual.count("ready") === 1);
  const [tasks, sleeping] = [tasksOf(virtual), virtual.clock.sleeping];
  await virtual.during(Promise.all([
    virtual.reconfigure(slower),
    virtual.reconfigure(one),
    virtual.reconfigure(slower),
    virtual.reconfigure(slower),
  ]));
  await virtual.clock.advance(5 * MINUTE);
  assert.deepEqual(tasksOf(virtual), tasks);
  assert.equal(virtual.clock.sleeping, sleeping, "nothing waits for its time that did not before");
});

Deno.test("after reloads at the same time nothing of the pool runs on once it has ended", async () => {
  await using virtual = await VirtualPool.start({ config: one });
  await virtual.until(() => virtual.count("ready") === 1);
  await virtual.during(Promise.all([virtual.reconfigure(slower), virtual.reconfigure(one)]));
  await virtual.stopPool();
  assert.equal(virtual.clock.sleeping, 0);
});

Deno.test("a reload while the pool ends leaves nothing running", async () => {
  await using virtual = await VirtualPool.start({ config: one });
  await virtual.until(() => virtual.count("ready") === 1);
  const reloading = virtual.reconfigure(slower).catch(() => {});
  await virtual.stopPool();
  await virtual.during(reloading);
  await virtual.clock.advance(HOUR);
  assert.equal(virtual.clock.sleeping, 0);
});

Deno.test("a provider whose cloud cannot be opened keeps no other part from the new configuration", async () => {
  let isBroken = false;
  await using virtual = await VirtualPool.start({
    config: poolConfig({ minReady: 1, clouds: ["one", "two"] }),
    clouds: [{ name: "one" }, { name: "two" }],
    changeCloud(cloud, { name }) {
      if (isBroken && name === "one") throw new Error("the CA file of one is gone");
      return cloud;
    },
  });
  await virtual.until(() => virtual.count("ready") === 1);
  isBroken = true;
  const changed = poolConfig({
    minReady: 3,
    clouds: ["one", "two"],
    provider: "max-concurrency: 3",
  }) + "cron: {check: '1 2 3 4 *'}\n";
  await assert.rejects(virtual.during(virtual.reconfigure(changed)), /the CA file of one is gone/);
  const shown = ["provider two", "check", "tick"].filter((name) => tasksOf(virtual).includes(name));
  assert.deepEqual(shown, ["provider two", "check", "tick"]);
  await virtual.until(() => virtual.count("ready") === 3);
  isBroken = false;
  await virtual.during(virtual.reconfigure(changed));
  assert.ok(tasksOf(virtual).includes("provider one"), "the next reload, though nothing changed, opens it");
});

Deno.test("whatever reloads, waits and ends of the pool follow on each other, each task runs once, and then none", async () => {
  const configs = [one, slower, poolConfig({ minReady: 2, clouds: ["one", "two"] })];
  const step = fc.oneof(
    fc.record({ config: fc.nat({ max: configs.length - 1 }), wait: fc.nat({ max: 3_000 }) }),
    fc.constant("restart" as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
      await using virtual = await VirtualPool.start({
        config: configs[0]!,
        clouds: [{ name: "simulator" }, { name: "one" }, { name: "two" }],
      });
      const reloads: Promise<unknown>[] = [];
      let last = configs[0]!;
      for (const each of steps) {
        if (each === "restart") {
          await virtual.stopPool();
          assert.equal(virtual.clock.sleeping, 0);
          await virtual.startPool();
          continue;
        }
        last = configs[each.config]!;
        reloads.push(virtual.reconfigure(last).catch(() => {}));
        await virtual.clock.advance(each.wait);
      }
      await virtual.during(Promise.all(reloads));
      await virtual.clock.advance(MINUTE);
      const providers = virtual.pool.config.providers.map(({ name }) => name);
      assert.deepEqual(providers, last === configs[2] ? ["one", "two"] : ["main"], "the newest is in force");
      const watches = providers.flatMap((name) => [`provider ${name}`, `missing on ${name}`]);
      assert.deepEqual(
        tasksOf(virtual).filter((name) => /^(provider|missing on) /.test(name)),
        watches.sort(),
      );
      await virtual.stopPool();
      assert.equal(virtual.clock.sleeping, 0);
    }),
    { numRuns: 15, seed: 11 },
  );
});

Deno.test("a cloud that cannot be opened at the start keeps no other from being served, and is opened once it can be", async () => {
  const config = poolConfig({ minReady: 1, clouds: ["one", "two"] });
  let isGone = true;
  const virtual = VirtualPool.idle({
    config,
    clouds: [{ name: "one" }, { name: "two" }],
    changeCloud(cloud, { name }) {
      if (isGone && name === "one") throw new Error("the CA file is gone");
      return cloud;
    },
  });
  await using _virtual = virtual;
  const lines = await loggedLines(async () => {
    await virtual.startPool();
    await virtual.until(() => virtual.count("ready") === 1);
  });
  assert.deepEqual(virtual.pool.report().nodes.map(({ provider }) => provider), ["two"]);
  assert.deepEqual(viewReadiness(virtual.pool.report()).reasons, [
    "the configuration is only partly in effect: the CA file is gone",
  ]);
  assert.deepEqual(lines.filter(({ level }) => level === "error").map(({ message }) => message.join("")), [
    "configuration: it is only partly in effect; trying again every minute: the CA file is gone",
  ]);
  isGone = false;
  await virtual.during(virtual.pool.reload());
  assert.equal(virtual.pool.report().daemon!.configFault, null);
  await virtual.until(() => virtual.pool.report().providers[0]!.reachable === true);
});

Deno.test("providers are watched whatever they are called", async () => {
  const config = poolConfig({ minReady: 2, maxServers: 1, clouds: ["east", "east missing"] })
    .replace("cloud: east missing", "cloud: east");
  await using virtual = await VirtualPool.start({ config, clouds: [{ name: "east" }] });
  await virtual.until(() => virtual.count("ready") === 2);
});

Deno.test("prices come and go with reloads like any other key, and leave no problem", async () => {
  await using virtual = await VirtualPool.start({ config: one });
  const priced = poolConfig({ minReady: 1, provider: "prices: {currency: EUR, per-hour: {m1.small: 0.02}}" });
  for (const [config, currency] of [[priced, "EUR"], [slower, undefined], [priced, "EUR"]] as const) {
    await virtual.during(virtual.reconfigure(config));
    assert.equal(virtual.pool.config.providers[0]!.prices?.currency, currency);
    assert.deepEqual(virtual.pool.report().daemon!.configProblems, []);
  }
});

Deno.test("an upload goes on while its provider comes to be reached in another way", async () => {
  const imagesWith = (provider: string) => imageConfig({ minReady: 1, provider });
  await using virtual = await VirtualPool.start({
    config: imagesWith("auto-floating-ip: false"),
    clouds: [{ name: "simulator", latency: 3 * SECOND }],
  });
  await virtual.until(() => virtual.pool.report().images.some(({ state }) => state.phase === "upload"));
  await virtual.during(virtual.reconfigure(imagesWith("auto-floating-ip: false\n    max-concurrency: 3")));
  await virtual.until(() => virtual.count("ready") === 1);
  const { journal } = virtual.simulator;
  assert.deepEqual([journal.countOf("image.create"), journal.countOf("image.delete")], [1, 0]);
  assert.deepEqual(virtual.pool.report().images.map(({ evidence }) => evidence), [null]);
  await virtual.stopPool();
  // The simulator's answers take that long.
  await virtual.clock.advance(3 * SECOND);
  assert.equal(virtual.clock.sleeping, 0);
});
