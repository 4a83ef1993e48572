/** A state that cannot be written for a while, or never again, under a running pool. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { seededRandom } from "../../src/lib/random.ts";
import { createMemoryStore } from "../../src/store/memory_store.ts";
import { type Store, StoreError, type StoreErrorKind } from "../../src/store/store.ts";
import { viewReadiness } from "../../src/views/health.ts";
import { listProblems } from "../../src/views/list_problems.ts";
import { loggedLines } from "../lib/logged_lines.ts";
import { poolConfig, VirtualPool, type VirtualPoolOptions } from "./virtual_pool.ts";

const WRITING: ReadonlySet<PropertyKey> = new Set<keyof Store>([
  "check",
  "commit",
  "takeIds",
  "settle",
  "saveClock",
]);

/** A store in memory whose writes fail while `failure.kind` is set. */
function failingStore(virtual: VirtualPool) {
  const failure: { kind: StoreErrorKind | null } = { kind: null };
  const store = new Proxy(createMemoryStore({ clock: virtual.clock, random: seededRandom(9) }), {
    get(target, name) {
      const { kind } = failure;
      if (kind !== null && WRITING.has(name)) {
        return () => Promise.reject(new StoreError(kind, `cannot use the state: ${kind}`));
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store, failure };
}

async function poolOnFailingStore(
  { minReady = 2, ...options }: { minReady?: number; clouds?: VirtualPoolOptions["clouds"] } = {},
) {
  const virtual = await VirtualPool.start({ config: poolConfig({ minReady: 0 }), ...options });
  await virtual.stopPool();
  const { store, failure } = failingStore(virtual);
  Object.assign(virtual, { store });
  await virtual.startPool({ config: poolConfig({ minReady }) });
  await virtual.until(() => virtual.count("ready") === minReady);
  return { virtual, failure };
}

function requests(virtual: VirtualPool): number {
  return virtual.simulator.journal.rows().filter(({ operation }) =>
    /^server\.(create|delete)$/.test(operation)
  ).length;
}

Deno.test("while the state cannot be written nothing begins on the clouds, and the pool says so; then it goes on", async () => {
  const { virtual, failure } = await poolOnFailingStore();
  await using _virtual = virtual;
  const before = requests(virtual);
  failure.kind = "unusable";
  const [node] = virtual.pool.report().nodes;
  await assert.rejects(virtual.during(virtual.ask("delete", { ids: [node!.id], comment: "test" })), {
    kind: "unusable",
  });
  await virtual.reconfigure(poolConfig({ minReady: 4 }));
  await virtual.clock.advance(10 * MINUTE);
  assert.equal(requests(virtual), before);
  assert.match(listProblems(virtual.pool.report()).join("\n"), /cannot use the state: unusable/);
  const { ready, reasons } = viewReadiness(virtual.pool.report());
  assert.deepEqual([ready, reasons], [false, ["cannot use the state: unusable"]]);

  failure.kind = null;
  await virtual.until(() => virtual.count("ready") === 4, MINUTE);
  assert.deepEqual(listProblems(virtual.pool.report()), []);
  assert.equal(viewReadiness(virtual.pool.report()).ready, true);
});

Deno.test("that the state cannot be written is logged once, by whatever it is met, and so is the end of it", async () => {
  const clouds = [{ name: "simulator", latency: SECOND }];
  const { virtual, failure } = await poolOnFailingStore({ clouds });
  await using _virtual = virtual;
  const lines = await loggedLines(async () => {
    // Launches are in progress, and what the cloud answers cannot be stored.
    await virtual.reconfigure(poolConfig({ minReady: 4 }));
    await virtual.clock.advance(SECOND / 2);
    failure.kind = "unusable";
    await virtual.clock.advance(10 * MINUTE);
    assert.deepEqual(virtual.pool.report().defects, []);
    failure.kind = null;
    await virtual.until(() => virtual.count("ready") === 4, MINUTE);
  });
  const told = lines.map(({ message }) => message.join(""));
  assert.deepEqual(told.filter((line) => /state/.test(line)), [
    "cannot use the state: unusable; nothing is launched, deleted or handed out until writing works again",
    "the state can be written again",
  ]);
  assert.deepEqual(told.filter((line) => /^(defect|task)/.test(line)), []);
});

for (const kind of ["gone", "stopped", "damaged"] as const) {
  Deno.test(`a state that is ${kind} is lost: the pool starts nothing any more and tells its owner`, async () => {
    const { virtual, failure } = await poolOnFailingStore();
    await using _virtual = virtual;
    const before = requests(virtual);
    failure.kind = kind;
    await virtual.reconfigure(poolConfig({ minReady: 4 }));
    const error = await virtual.during(virtual.pool.stateLost);
    assert.equal(error.kind, kind);
    await virtual.clock.advance(10 * MINUTE);
    assert.equal(requests(virtual), before);
  });
}
