/**
 * A property over a pool on several machines: whatever becomes of them, of etcd and of what they say to each other, no node is
 * asked of a cloud twice, no server of a client is deleted or handed out again, no request is forgotten, nothing is left
 * behind, no foreign server is touched, and no two machines are sure to lead. Virtual time, seeded.
 *
 *     NODEPOOL_SEEDS=5000 …   more seeds      NODEPOOL_SEED=17 …   that one alone
 */
import assert from "node:assert/strict";
import { play } from "./takeovers/play.ts";

const BLOCK = 15;

function seedsToRun(): readonly number[] {
  const alone = Deno.env.get("NODEPOOL_SEED");
  if (alone !== undefined) return [Number(alone)];
  return Array.from({ length: Number(Deno.env.get("NODEPOOL_SEEDS") ?? 30) }, (_, index) => index + 1);
}

Deno.test("a seed has the same outcome each time", async () => {
  assert.deepEqual(await play(3), await play(3));
});

const seeds = seedsToRun();
for (let first = 0; first < seeds.length; first += BLOCK) {
  const block = seeds.slice(first, first + BLOCK);
  Deno.test(`machines that break leave nothing behind and do nothing twice: seeds ${block[0]} to ${block.at(-1)}`, async () => {
    let takeovers = 0;
    for (const seed of block) {
      const { violation, log, ...rest } = await play(seed);
      const report = [`seed ${seed}: ${violation}`, ...log, `once more, alone: NODEPOOL_SEED=${seed}`];
      if (violation !== null) assert.fail(report.join("\n  "));
      takeovers += rest.takeovers;
    }
    assert.ok(takeovers > block.length, "the lead changes");
  });
}
