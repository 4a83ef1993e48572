/**
 * The machine's clock is set while a pool runs, or while none does; or the machine is suspended, which looks the same.
 * Nodes get no older by it, none is lost, and what people see agrees with `date`.
 */
import assert from "node:assert/strict";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import { viewPool } from "../../../src/views/view_pool.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

const clouds = [{ bootTime: 30 * SECOND }];

const steps = [
  ["back by 10 hours", -10 * HOUR],
  ["back by half an hour", -30 * MINUTE],
  ["forward by 10 hours", 10 * HOUR],
  ["forward by 3 days", 72 * HOUR],
] as const;

for (const [how, step] of steps) {
  Deno.test(`a clock that is set ${how} while servers boot loses none of them`, async () => {
    await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 4 }), clouds });
    await virtual.until(() => virtual.servers() === 4);
    await virtual.clock.advance(10 * SECOND);
    virtual.clock.stepWall(step);
    await virtual.until(() => virtual.count("ready") === 4, 40 * SECOND);
    await virtual.clock.advance(3 * MINUTE);
    virtual.clock.stepWall(step);
    await virtual.during(virtual.reconfigure(poolConfig({ minReady: 8 })));
    await virtual.until(() => virtual.count("ready") === 8, 50 * SECOND);
    await virtual.clock.advance(20 * MINUTE);
    assert.deepEqual([virtual.count("ready"), virtual.servers()], [8, 8]);
    assert.equal(virtual.simulator.journal.countOf("server.create"), 8);
    assert.equal(virtual.simulator.journal.countOf("server.delete"), 0);
  });

  Deno.test(`a clock that is set ${how} ends no node that is used, held or ready`, async () => {
    const config = `limits: {node-stuck: 4h, hold-max-age: 6h}\n${poolConfig({ minReady: 3 })}`;
    await using virtual = await VirtualPool.start({ config, clouds });
    await virtual.until(() => virtual.count("ready") === 3);
    const [used] = await virtual.acquire("small");
    const [held] = await virtual.acquire("small");
    const hold = { reason: null, owner: null, duration: 5 * HOUR };
    await virtual.during(virtual.ask("hold", { ids: [held!.id], ...hold }));
    await virtual.until(() => virtual.count("ready") === 3);
    await virtual.clock.advance(HOUR);
    virtual.clock.stepWall(step);
    await virtual.clock.advance(2 * HOUR);
    assert.deepEqual([virtual.count("used"), virtual.count("hold"), virtual.count("ready")], [1, 1, 3]);
    assert.equal(virtual.simulator.journal.countOf("server.delete"), 0);
    // What they have lived still counts.
    await virtual.clock.advance(HOUR + 5 * MINUTE);
    assert.ok(!virtual.pool.report().nodes.some(({ id }) => id === used!.id), "used for more than 4 h");
    await virtual.clock.advance(HOUR);
    assert.equal(virtual.count("hold"), 0, "held for more than 5 h");
  });
}

Deno.test("lists show the machine's time of day as it is set now, and ages as they were lived", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 1 }), clouds });
  await virtual.until(() => virtual.count("ready") === 1);
  const { stateSince } = virtual.pool.report().nodes[0]!;
  await virtual.clock.advance(MINUTE);
  virtual.clock.stepWall(-10 * HOUR);
  const view = viewPool(virtual.pool.report(), { name: "node-list" });
  assert.equal(view.at, new Date(virtual.clock.wall()).toISOString());
  assert.equal(view.nodes[0]!.state_since, new Date(stateSince - 10 * HOUR).toISOString());
  assert.equal(view.nodes[0]!.age, Math.floor((virtual.clock.now() - stateSince) / SECOND));
});

Deno.test("a cron whose time is passed over when the clock is set runs once, soon after", async () => {
  const config = `cron: {check: "0 0 1 1 *"}\n${poolConfig({ minReady: 0 })}`;
  await using virtual = await VirtualPool.start({ config });
  const runs = () => virtual.pool.report().daemon!.tasks.find(({ name }) => name === "check")!.runs;
  await virtual.clock.advance(MINUTE);
  const before = runs();
  virtual.clock.stepWall(400 * 24 * HOUR);
  await virtual.clock.advance(10 * SECOND);
  assert.equal(runs(), before + 1);
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(runs(), before + 1);
});

Deno.test("a clock that was set is told by status for an hour", async () => {
  await using virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }) });
  await virtual.clock.advance(MINUTE);
  assert.equal(problemsOf(virtual), "");
  virtual.clock.stepWall(-10 * HOUR - 2 * MINUTE);
  assert.match(problemsOf(virtual), /this machine's clock went back by 10h2m at 2029-12-31T13:59/);
  assert.match(problemsOf(virtual), /provider main: its clock is about 10h2m ahead of this machine's/);
  await virtual.clock.advance(HOUR + MINUTE);
  assert.doesNotMatch(problemsOf(virtual), /went back/);
  virtual.clock.stepWall(10 * HOUR + 2 * MINUTE);
  assert.doesNotMatch(problemsOf(virtual), /its clock/);
});

for (let seed = 1; seed <= 6; seed++) {
  Deno.test(`clocks that are set again and again, with restarts between, end no node that is used or held (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const config = poolConfig({ minReady: 3, maxServers: 8 });
    await using virtual = await VirtualPool.start({ config, clouds, random: seed });
    await virtual.until(() => virtual.count("ready") === 3);
    const kept = [...await virtual.acquire("small"), ...await virtual.acquire("small")];
    await virtual.during(
      virtual.ask("hold", { ids: [kept[0]!.id], reason: null, owner: null, duration: 20 * HOUR }),
    );
    const [began, ids] = [virtual.clock.now(), kept.map(({ id }) => id)];
    while (virtual.clock.now() < began + 7 * HOUR) {
      const step = (random.float() - 0.5) * 2 * random.pick([SECOND, MINUTE, HOUR, 100 * HOUR]);
      const isStopped = random.float() < 0.3;
      if (isStopped) await virtual.stopPool();
      await virtual.clock.advance(random.pick([SECOND, MINUTE, 20 * MINUTE]));
      virtual.clock.stepWall(Math.round(step));
      if (isStopped) await virtual.startPool();
      await virtual.clock.advance(random.pick([SECOND, MINUTE, 20 * MINUTE]));
      const living = new Set(virtual.pool.report().nodes.map(({ id }) => id));
      assert.ok(ids.every((id) => living.has(id)), `a node was ended after a step of ${step} ms`);
    }
    await virtual.until(() => virtual.count("ready") === 3, 2 * MINUTE);
    assert.equal(virtual.simulator.journal.countOf("server.delete"), 0);
    assert.equal(virtual.servers(), 5);
  });
}

/** A pool with one node in use, one held for 5 hours and two ready, that was stopped an hour later. */
async function stoppedPool() {
  const config = `limits: {node-stuck: 4h}\n${poolConfig({ minReady: 2 })}`;
  const virtual = await VirtualPool.start({ config, clouds });
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.acquire("small");
  const [held] = await virtual.acquire("small");
  const hold = { reason: null, owner: null, duration: 5 * HOUR };
  await virtual.during(virtual.ask("hold", { ids: [held!.id], ...hold }));
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.clock.advance(HOUR);
  await virtual.stopPool();
  return virtual;
}

const counts = (virtual: VirtualPool) => [
  virtual.count("used"),
  virtual.count("hold"),
  virtual.count("ready"),
];

const problemsOf = (virtual: VirtualPool) =>
  viewPool(virtual.pool.report(), { name: "status" }).problems.join("\n");

for (const [how, step] of steps) {
  Deno.test(`a clock that is set ${how} while the pool is stopped ends nothing, and launches go on`, async () => {
    await using virtual = await stoppedPool();
    await virtual.clock.advance(5 * MINUTE);
    virtual.clock.stepWall(step);
    await virtual.startPool();
    await virtual.clock.advance(10 * MINUTE);
    assert.deepEqual(counts(virtual), [1, 1, 2]);
    assert.equal(virtual.simulator.journal.countOf("server.delete"), 0);
    assert.match(problemsOf(virtual), /this machine's clock went (back|forward) by/);
    const view = viewPool(virtual.pool.report(), { name: "node-list" });
    assert.equal(view.at, new Date(virtual.clock.wall()).toISOString());
    assert.ok(view.nodes.every(({ age }) => age > 50 * 60 && age < 90 * 60));
    await virtual.acquire("small");
    await virtual.until(() => virtual.count("ready") === 2, MINUTE);
    // What has really passed counts: it was used for an hour before, and a quarter of one since.
    await virtual.clock.advance(2 * HOUR + 50 * MINUTE);
    assert.equal(virtual.count("used"), 1);
  });
}

Deno.test("a pause that the cloud's clock confirms counts in ages", async () => {
  await using virtual = await stoppedPool();
  await virtual.clock.advance(3 * HOUR);
  const before = virtual.simulator.journal.countOf("server.list");
  await virtual.startPool();
  const listed = virtual.simulator.journal.countOf("server.list") - before;
  assert.equal(listed, 2, "once for its time, and then as ever");
  await virtual.clock.advance(10 * MINUTE);
  assert.deepEqual(counts(virtual), [0, 1, 2]);
  assert.equal(problemsOf(virtual), "");
});

Deno.test("a pause that no cloud confirms does not count, and is told", async () => {
  await using virtual = await stoppedPool();
  const fault = virtual.simulator.arm({ fault: 23 });
  await virtual.clock.advance(3 * HOUR);
  const asked = virtual.clock.now();
  await virtual.startPool();
  assert.ok(virtual.clock.now() - asked <= 11 * SECOND, "the start waits for the clouds for too long");
  virtual.simulator.disarm(fault.id);
  await virtual.clock.advance(10 * MINUTE);
  assert.deepEqual(counts(virtual), [1, 1, 2]);
  assert.match(problemsOf(virtual), /this machine's clock went forward by 3h/);
});

Deno.test("a pool whose records lie in the future, from before clocks were written down, works", async () => {
  await using virtual = await stoppedPool();
  const contents = await virtual.store.load();
  const load = virtual.store.load.bind(virtual.store);
  Object.assign(virtual.store, { load: async () => ({ ...await load(), clock: null }) });
  assert.notEqual(contents.clock, null);
  virtual.clock.stepWall(-10 * HOUR);
  await virtual.startPool();
  await virtual.acquire("small");
  await virtual.until(() => virtual.count("ready") === 2, MINUTE);
  assert.equal(virtual.simulator.journal.countOf("server.delete"), 0);
});

Deno.test("the machine's offset outlasts a restart", async () => {
  await using virtual = await stoppedPool();
  virtual.clock.stepWall(-10 * HOUR);
  await virtual.startPool();
  const before = viewPool(virtual.pool.report(), { name: "node-list" }).nodes;
  await virtual.stopPool();
  await virtual.startPool();
  const after = viewPool(virtual.pool.report(), { name: "node-list" }).nodes;
  assert.deepEqual(after.map(({ state_since }) => state_since), before.map(({ state_since }) => state_since));
  assert.doesNotMatch(problemsOf(virtual), /went back/, "it was told by the process before");
});
