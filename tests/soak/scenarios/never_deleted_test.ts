/**
 * A property over everything: whatever clouds, clocks, operators and restored states do, no server that a client has, that
 * is held, that a living record names or that is not ours is ever sent a DELETE, and none in use is handed out. A
 * seed gives a schedule; one that breaks the property is cut down to its shortest. Virtual time, seeded.
 *
 *     NODEPOOL_SEEDS=5000 …   more seeds      NODEPOOL_SEED=17 …   that one alone
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { MINUTE } from "../../../src/domain/time.ts";
import type { PoolKind } from "./never_deleted/pool_kind.ts";
import {
  listingFaults,
  otherFaults,
  type Schedule,
  schedules,
  scheduleText,
} from "./never_deleted/schedule.ts";
import { type Outcome, play } from "./never_deleted/play.ts";

/** Pools with images and subnodes take longer, and have less of their own. */
const kinds: readonly PoolKind[] = ["plain", "floating IPs", "plain", "subnodes", "floating IPs", "images"];
const BLOCK = 30;

function kindOf(seed: number): PoolKind {
  return kinds[seed % kinds.length]!;
}

function seedsToRun(): readonly number[] {
  const alone = Deno.env.get("NODEPOOL_SEED");
  if (alone !== undefined) return [Number(alone)];
  return Array.from({ length: Number(Deno.env.get("NODEPOOL_SEEDS") ?? 240) }, (_, index) => index + 1);
}

async function tryOut(seed: number): Promise<void> {
  const kind = kindOf(seed);
  let last: { schedule: Schedule; outcome: Outcome } | null = null;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const outcome = await play(schedule, { seed, kind });
    if (outcome.violation === null) return true;
    last = { schedule, outcome };
    return false;
  });
  const { failed } = await fc.check(property, { seed, numRuns: 1 });
  if (failed) assert.fail(describe(seed, last!));
}

function describe(seed: number, { schedule, outcome }: { schedule: Schedule; outcome: Outcome }): string {
  return [
    `seed ${seed} (${kindOf(seed)}): ${outcome.violation}`,
    "the shortest schedule that shows it:",
    scheduleText(schedule),
    "what happened:",
    ...outcome.log.map((line) => `  ${line}`),
    `once more, alone: NODEPOOL_SEED=${seed}`,
  ].join("\n");
}

Deno.test("a seed has the same schedule and the same outcome each time", async () => {
  for (const seed of [1, 2, 3]) {
    const options = { seed, kind: kindOf(seed) };
    const [schedule] = fc.sample(schedules, { seed, numRuns: 1 });
    assert.deepEqual(fc.sample(schedules, { seed, numRuns: 1 }), [schedule]);
    assert.deepEqual(await play(schedule!, options), await play(schedule!, options));
  }
});

const seeds = seedsToRun();
for (let first = 0; first < seeds.length; first += BLOCK) {
  const block = seeds.slice(first, first + BLOCK);
  Deno.test(`nothing that lives is deleted, nothing in use handed out: seeds ${block[0]} to ${block.at(-1)}`, async () => {
    for (const seed of block) await tryOut(seed);
  });
}

for (const listing of listingFaults) {
  Deno.test(`nothing that lives is deleted under fault ${listing} together with each other one`, async () => {
    for (const other of otherFaults) {
      const schedule: Schedule = [
        { after: 0, action: { type: "acquire", count: 2 } },
        {
          after: MINUTE,
          action: {
            type: "faults",
            faults: [listing, other],
            operation: null,
            probability: 1,
            time: 5 * MINUTE,
          },
        },
        { after: MINUTE, action: { type: "acquire", count: 1 } },
        { after: 3 * MINUTE, action: { type: "release", which: 0, failed: false } },
        { after: 3 * MINUTE, action: { type: "release", which: 0, failed: false } },
      ];
      const outcome = await play(schedule, { seed: other, kind: "floating IPs" });
      assert.equal(outcome.violation, null, `faults ${listing} and ${other}:\n${outcome.log.join("\n")}`);
    }
  });
}
