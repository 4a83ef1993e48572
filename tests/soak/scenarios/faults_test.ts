/**
 * Pools under faults: whatever a cloud does, no server is asked for twice for one node, none is left behind, and
 * once the fault is over the pool is full again. Virtual time, seeded.
 */
import assert from "node:assert/strict";
import { ControlError } from "../../../src/control/control_error.ts";
import { HOUR, MINUTE, SECOND } from "../../../src/domain/time.ts";
import { seededRandom } from "../../../src/lib/random.ts";
import type { FaultRuleInput } from "../../../src/simulator/settings.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

const SIZE = 6;
const provider =
  "launch-timeout: 120s\n    boot-timeout: 60s\n    delete-timeout: 120s\n    api-timeout: 20s";

/** Takes and gives back nodes for so long, as jobs would. */
async function useFor(virtual: VirtualPool, { time, seed }: { time: number; seed: number }): Promise<void> {
  const random = seededRandom(seed);
  const end = virtual.clock.now() + time;
  while (virtual.clock.now() < end) {
    const nodes = virtual.pool.report().nodes;
    const ready = nodes.filter((node) => node.state.phase === "ready");
    const used = nodes.filter((node) => node.state.phase === "used");
    if (ready.length > 0 && random.float() < 0.5) await virtual.acquire("small").catch(askAgain);
    if (used.length > 0 && random.float() < 0.6) {
      await virtual.during(
        virtual.ask("release", { ids: [random.pick(used).id], result: "SUCCESS", job: null }),
      );
    }
    await virtual.clock.advance(20 * SECOND);
  }
}

/** A server may vanish between the grant and its delivery: then the client is told so, and asks again. */
function askAgain(error: unknown): void {
  if (!(error instanceof ControlError) || error.status !== 410) throw error;
}

/** What must hold at any time: the journal shows at most one server made for each node. */
function assertCreatedOnce(virtual: VirtualPool): void {
  const made = virtual.simulator.journal.rows().filter((row) =>
    row.operation === "server.create" && row.effect
  );
  const byNode = Map.groupBy(made, ({ nodeId }) => nodeId);
  for (const [nodeId, rows] of byNode) {
    assert.equal(rows.length, 1, `node ${nodeId} has ${rows.length} servers`);
  }
}

async function drain(virtual: VirtualPool): Promise<void> {
  await virtual.during(virtual.reconfigure(poolConfig({ minReady: 0, maxServers: 60, provider })));
  const ids = virtual.pool.report().nodes.map(({ id }) => id);
  await virtual.during(virtual.ask("delete", { ids, comment: "the end" }));
  await virtual.until(() => virtual.count() === 0 && virtual.servers() === 0, 30 * MINUTE);
}

const cases: readonly { name: string; faults: readonly FaultRuleInput[] }[] = [
  { name: "error 500 without effect", faults: [{ fault: 1, probability: 0.3 }] },
  { name: "error 500 with the server made", faults: [{ fault: 2, probability: 0.3 }] },
  { name: "the connection breaks after the effect", faults: [{ fault: 3, probability: 0.3 }] },
  { name: "the answer never comes", faults: [{ fault: 4, probability: 0.3 }] },
  { name: "slow answers", faults: [{ fault: 5, probability: 0.3, time: 10 * SECOND }] },
  { name: "429 with Retry-After", faults: [{ fault: 6, probability: 0.3 }] },
  { name: "429 without Retry-After", faults: [{ fault: 7, probability: 0.3 }] },
  { name: "403 over quota", faults: [{ fault: 8, probability: 0.5 }] },
  { name: "builds end in ERROR", faults: [{ fault: 9, probability: 0.3 }] },
  { name: "builds never end", faults: [{ fault: 10, probability: 0.2 }] },
  { name: "ACTIVE without an address", faults: [{ fault: 11, probability: 0.2 }] },
  { name: "SSH never opens", faults: [{ fault: 12, probability: 0.2 }] },
  { name: "servers vanish", faults: [{ fault: 15, probability: 0.2, time: 5 * MINUTE }] },
  {
    name: "servers vanish without a trace",
    faults: [{ fault: 15, probability: 0.2, effect: false, time: 5 * MINUTE }],
  },
  { name: "deletions are refused with 409", faults: [{ fault: 17, probability: 0.5 }] },
  { name: "listings are cut short", faults: [{ fault: 19, probability: 0.3 }] },
  { name: "listings are stale", faults: [{ fault: 20, probability: 0.3 }] },
  { name: "the endpoint is down for half an hour", faults: [{ fault: 23, after: 30 * MINUTE, until: HOUR }] },
  { name: "malformed answers", faults: [{ fault: 24, probability: 0.1 }] },
  {
    name: "many faults together",
    faults: [1, 2, 3, 4, 6, 9, 12, 17].map((fault) => ({ fault, probability: 0.08 })),
  },
];

for (const { name, faults } of cases) {
  Deno.test(`a pool survives it when ${name}`, async () => {
    const config = poolConfig({ minReady: SIZE, maxServers: 60, provider });
    await using virtual = await VirtualPool.start({ config, faults: [...faults] });
    await useFor(virtual, { time: 2 * HOUR, seed: 7 });
    assertCreatedOnce(virtual);
    virtual.simulator.disarm();
    await virtual.until(() => virtual.count("ready") === SIZE, 30 * MINUTE);
    await drain(virtual);
    assertCreatedOnce(virtual);
  });
}

Deno.test("a deletion that never ends keeps its place, is repeated more and more seldom, and is told of", async () => {
  const config = poolConfig({ minReady: 2, maxServers: 2, provider });
  await using virtual = await VirtualPool.start({ config, faults: [{ fault: 16, count: 1 }] });
  await virtual.until(() => virtual.count("ready") === 2);
  await virtual.during(virtual.ask("delete", { ids: [1], comment: "stuck" }));
  await virtual.clock.advance(4 * HOUR);
  assert.equal(virtual.count("ready"), 1, "its place was given away");
  const [stuck] = virtual.pool.report().nodes;
  assert.match(stuck!.waitingOn!.message, /is deleting server/);
  assert.ok(virtual.clock.now() - stuck!.waitingOn!.since > 3 * HOUR);
  const asked = virtual.simulator.journal.countOf("server.delete");
  assert.ok(asked >= 4 && asked <= 10, `asked ${asked} times`);
});
