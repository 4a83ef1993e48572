/**
 * A property over what comes together: reloads, stops, restarts, outages, defects, impossible wishes and clocks that are
 * set, in any order. At the end nothing runs, nothing is lost, and whoever was not hit was served. A seed gives a
 * sequence; one that breaks the property is cut down to its shortest. Virtual time, seeded.
 *
 *     NODEPOOL_SEEDS=5000 …   more seeds      NODEPOOL_SEED=17 …   that one alone
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Outcome, play } from "./composition/play.ts";
import { type Sequence, sequences, sequenceText } from "./composition/step.ts";

const BLOCK = 10;

function seedsToRun(): readonly number[] {
  const alone = Deno.env.get("NODEPOOL_SEED");
  if (alone !== undefined) return [Number(alone)];
  return Array.from({ length: Number(Deno.env.get("NODEPOOL_SEEDS") ?? 20) }, (_, index) => index + 1);
}

async function tryOut(seed: number): Promise<void> {
  let last: { sequence: Sequence; outcome: Outcome } | null = null;
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const outcome = await play(sequence, { seed });
    if (outcome.violation === null) return true;
    last = { sequence, outcome };
    return false;
  });
  const { failed } = await fc.check(property, { seed, numRuns: 1 });
  if (failed) assert.fail(describe(seed, last!));
}

function describe(seed: number, { sequence, outcome }: { sequence: Sequence; outcome: Outcome }): string {
  return [
    `seed ${seed}: ${outcome.violation}`,
    "the shortest sequence that shows it:",
    sequenceText(sequence),
    "what happened:",
    ...outcome.log.map((line) => `  ${line}`),
    `once more, alone: NODEPOOL_SEED=${seed}`,
  ].join("\n");
}

const seeds = seedsToRun();
for (let first = 0; first < seeds.length; first += BLOCK) {
  const block = seeds.slice(first, first + BLOCK);
  Deno.test(`whatever comes together, nothing runs on, nothing is lost, the others are served: seeds ${block[0]} to ${block.at(-1)}`, async () => {
    for (const seed of block) await tryOut(seed);
  });
}
