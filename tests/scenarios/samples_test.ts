/** The pool in numbers over time: through a day, a kill, a pause and clouds that fail. Virtual time. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Measure, type SampledGroup, wholePool } from "../../src/domain/samples/sample.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { poolConfig, VirtualPool } from "./virtual_pool.ts";

const label: SampledGroup = { of: "label", name: "small" };
const provider: SampledGroup = { of: "provider", name: "main" };

function read(virtual: VirtualPool, measure: Measure, minutes: number, of = wholePool): (number | null)[] {
  const { samples, now } = virtual.pool.report();
  return [...samples.read(of, { now, span: minutes * MINUTE })[measure]];
}

/** How often each value stands there, one after the other: `[value, times]`. */
function runs(values: readonly (number | null)[]): [number | null, number][] {
  return values.reduce<[number | null, number][]>((all, value) => {
    const last = all.at(-1);
    if (last !== undefined && last[0] === value) last[1]++;
    else all.push([value, 1]);
    return all;
  }, []);
}

Deno.test("each minute has a sample of the pool, its labels and its providers, with the limit", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 2, maxServers: 7 }) });
  await virtual.clock.advance(30 * MINUTE);
  for (const group of [wholePool, label, provider]) {
    deepEqual(read(virtual, "ready", 20, group), Array(20).fill(2));
    deepEqual(read(virtual, "used", 20, group), Array(20).fill(0));
  }
  deepEqual(read(virtual, "limit", 2, wholePool), [7, 7]);
  deepEqual(read(virtual, "limit", 2, provider), [7, 7]);
  deepEqual(read(virtual, "limit", 2, label), [null, null]);
  // Before the daemon's first start nobody measured.
  equal(read(virtual, "ready", 40)[0], null);
});

Deno.test("a kill loses no sample, and the time without a daemon is a gap", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.clock.advance(20 * MINUTE + 30 * SECOND);
  const before = read(virtual, "ready", 10);
  deepEqual(before, Array(10).fill(1));
  await virtual.killPool();
  await virtual.startPool();
  await virtual.clock.advance(SECOND);
  deepEqual(read(virtual, "ready", 10), before);
  await virtual.stopPool();
  await virtual.clock.advance(15 * MINUTE);
  await virtual.startPool();
  await virtual.clock.advance(3 * MINUTE);
  deepEqual(runs(read(virtual, "ready", 20)).map(([value]) => value), [1, null, 1]);
  const gap = runs(read(virtual, "ready", 20)).find(([value]) => value === null)![1];
  ok(gap >= 13 && gap <= 15, `a gap of ${gap} minutes`);
});

Deno.test("setting the machine's clock by hours makes neither gaps nor samples of times that never were", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  await virtual.clock.advance(10 * MINUTE);
  for (const by of [5 * HOUR, -9 * HOUR]) {
    virtual.clock.stepWall(by);
    await virtual.clock.advance(10 * MINUTE);
  }
  deepEqual(read(virtual, "ready", 20), Array(20).fill(1));
});

Deno.test("launches that fail are counted in their minute, in the pool, the label and the provider", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }) });
  virtual.simulator.arm({ fault: 9 });
  await virtual.clock.advance(10 * MINUTE);
  const events = await virtual.pool.ledger.listEvents({ after: 0, limit: 10_000 });
  const failed = events.filter(({ kind }) => kind === "node.failed").length;
  for (const group of [wholePool, label, provider]) {
    equal(read(virtual, "failed", 11, group).reduce<number>((sum, count) => sum + (count ?? 0), 0), failed);
  }
});

Deno.test("requests that wait are counted with the age of the oldest", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0, maxServers: 1 }) });
  await virtual.acquire("small");
  const spec = { label: "small", count: 1, job: null, client: null, deadline: null };
  const asked = virtual.pool.clock.now();
  const giveUp = new AbortController();
  const waiting = [1, 2].map(async () => {
    const { id } = await virtual.ask("request", spec);
    return await virtual.granted(id, giveUp).catch(() => null);
  });
  await virtual.clock.advance(3 * MINUTE);
  deepEqual(read(virtual, "waiting", 2, label), [2, 2]);
  const minute = Math.floor(virtual.pool.clock.now() / MINUTE) * MINUTE;
  equal(read(virtual, "oldest", 1)[0], Math.round((minute - asked) / SECOND));
  giveUp.abort();
  await virtual.during(Promise.all(waiting));
});

Deno.test("the median from demand to ready is what report says, also after a kill", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }) });
  for (let count = 0; count < 5; count++) await virtual.acquire("small");
  await virtual.clock.advance(MINUTE);
  const summary = () => {
    const waits = virtual.pool.report().samples.waits("small");
    return waits &&
      { count: waits.count, p95: Math.floor(waits.p95 / SECOND), median: Math.floor(waits.median / SECOND) };
  };
  const usage = await virtual.during(virtual.ask("report", { by: "label" }));
  const { count, p95, median } = usage.total.waits;
  deepEqual(summary(), { count, p95, median });
  await virtual.killPool();
  await virtual.startPool();
  await virtual.clock.advance(SECOND);
  deepEqual(summary(), { count, p95, median });
  deepEqual(virtual.pool.report().samples.waits("other"), null);
});

Deno.test("a label that comes was zero before, and one that goes takes its samples along", async () => {
  const config = { minReady: 1 };
  await using virtual = await VirtualPool.start({ config: poolConfig(config) });
  await virtual.clock.advance(10 * MINUTE);
  await virtual.reconfigure(poolConfig({ ...config, more: ["large"] }));
  await virtual.clock.advance(10 * MINUTE);
  const large = { of: "label", name: "large" } as const;
  const values = runs(read(virtual, "ready", 20, large)).map(([value]) => value);
  deepEqual(values, [0, 1]);
  await virtual.reconfigure(poolConfig(config));
  await virtual.clock.advance(10 * MINUTE);
  equal(read(virtual, "ready", 30, large).some((value) => value === 1), false);
  equal(read(virtual, "ready", 30, label).every((value) => value !== null), true);
});
