/** Reports: whatever the nodes were, no second and no event of theirs is counted twice or left out. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PriceConfig } from "../../src/domain/config.ts";
import { nodePhases, type NodeRecord, type NodeResult } from "../../src/domain/node.ts";
import { type NodeUsage, nodeUsage, usageKinds } from "../../src/domain/node_usage.ts";
import { median, percentile, sumUsage, usageGroupings, type UsageSum } from "../../src/domain/sum_usage.ts";
import { HOUR, MINUTE } from "../../src/domain/time.ts";
import { sampleNode } from "../views/sample_pool.ts";

const END = 1_000_000;

/** A node's life in phases that follow one another, with or without a server, and whatever became of it. */
const aLife = fc.record({
  begin: fc.integer({ min: 0, max: END }),
  lengths: fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: nodePhases.length }),
  phases: fc.shuffledSubarray([...nodePhases], { minLength: nodePhases.length }),
  label: fc.constantFrom("", "small", "large"),
  provider: fc.constantFrom("alpha", "beta"),
  image: fc.constantFrom("debian", "ubuntu"),
  flavorName: fc.constantFrom("m1.small", "m1.large", "constructor"),
  job: fc.constantFrom(null, "unit", "lint"),
  asked: fc.option(
    fc.record({ client: fc.constantFrom(null, "zuul"), at: fc.integer({ min: 0, max: END }) }),
  ),
  result: fc.constantFrom<NodeResult | null>(null, "used", "failed", "refused", "unused", "lost"),
  server: fc.option(fc.constant("server")),
  parent: fc.option(fc.integer({ min: 1, max: 5 })),
});

const lives = fc.array(aLife, { maxLength: 12 }).map((all) =>
  all.map(({ begin, lengths, phases, asked, server, parent, ...fields }, index): NodeUsage => {
    let at = begin;
    const timings: Record<string, number> = {};
    for (const [place, length] of lengths.entries()) {
      timings[phases[place]!] = at;
      at += length;
    }
    const node: NodeRecord = {
      ...sampleNode({ id: index + 1 }),
      ...fields,
      parentId: parent,
      timings,
      ...(asked === null ? {} : { asked }),
      state: { phase: "delete-address" },
      evidence: null,
      ...(server === null ? {} : { formerServerId: server }),
    };
    return nodeUsage(node, at);
  })
);

const prices = new Map<string, PriceConfig>([
  ["alpha", { currency: "EUR", perHour: { "m1.small": 0.5, "m1.large": 2 } }],
  ["beta", { currency: null, perHour: { "m1.small": 1 } }],
]);

const WHOLE = { since: 0, until: 10 * END };

/** What can be added up. */
function numbersOf(sums: readonly UsageSum[]): Record<string, number> {
  const numbers: Record<string, number> = {};
  const add = (key: string, value: number) => value !== 0 && (numbers[key] = (numbers[key] ?? 0) + value);
  for (const { times, launches, failures, waits, costs, unpriced } of sums) {
    for (const kind of usageKinds) add(kind, times[kind]);
    add("launches", launches);
    for (const [reason, count] of failures) add(`failed: ${reason}`, count);
    add("waits", waits.length);
    add("waited", waits.reduce((sum, wait) => sum + wait, 0));
    for (const [currency, amount] of costs) add(`cost in ${currency}`, amount);
    add("unpriced", unpriced);
  }
  return Object.fromEntries(
    Object.entries(numbers).map(([key, value]) => [key, Math.round(value * 1e6) / 1e6]),
  );
}

Deno.test("the sums are the same whatever the rows are, and the total is theirs", () => {
  fc.assert(fc.property(lives, (usages) => {
    const totals = usageGroupings.map((by) => {
      const { rows, total } = sumUsage(usages, { by, prices, ...WHOLE });
      assert.deepEqual(numbersOf(rows), numbersOf([total]));
      assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
      return numbersOf([total]);
    });
    for (const total of totals) assert.deepEqual(total, totals[0]);
  }));
});

Deno.test("windows that follow one another add up to the whole, wherever a node's life is cut", () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 2 * END }), { maxLength: 5 });
  fc.assert(fc.property(lives, cuts, (usages, cuts) => {
    const edges = [WHOLE.since, ...cuts.toSorted((left, right) => left - right), WHOLE.until];
    const parts = edges.slice(1).map((until, index) =>
      sumUsage(usages, { by: "label", prices, since: edges[index]!, until }).total
    );
    const { total } = sumUsage(usages, { by: "label", prices, ...WHOLE });
    assert.deepEqual(numbersOf(parts), numbersOf([total]));
  }));
});

Deno.test("each second that a server was there counts once, and none that it was not", () => {
  const window = fc.tuple(fc.integer({ min: 0, max: 2 * END }), fc.integer({ min: 0, max: 2 * END }))
    .map(([one, other]) => ({ since: Math.min(one, other), until: Math.max(one, other) }));
  fc.assert(
    fc.property(lives, window, (usages, { since, until }) => {
      const { total } = sumUsage(usages, { by: "provider", prices, since, until });
      let counted = 0;
      for (let second = Math.floor(since / 1_000); second < Math.floor(until / 1_000); second++) {
        const at = second * 1_000;
        for (const { stretches } of usages) {
          const kinds = stretches.filter(({ from, to }) => from <= at && at < to);
          assert.ok(kinds.length <= 1, "a second has one kind");
          counted += kinds.length * 1_000;
        }
      }
      assert.equal(usageKinds.reduce((sum, kind) => sum + total.times[kind], 0), counted);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a node that ended while it was read, and so was read twice, counts once, as it ended", () => {
  fc.assert(fc.property(lives, (usages) => {
    const before = usages.map((usage) => ({ ...usage, stretches: [], failure: null }));
    const question = { by: "label", prices, ...WHOLE } as const;
    assert.deepEqual(sumUsage([...before, ...usages], question), sumUsage(usages, question));
  }));
});

const node = (id: number, fields: Partial<NodeRecord>) => sampleNode({ id, ...fields });

Deno.test("a report tells a server's use from its waste, and takes no record without a server for one", () => {
  const timings = { create: 0, boot: 1 * HOUR, ready: 2 * HOUR, used: 4 * HOUR, hold: 7 * HOUR };
  const usages = [
    nodeUsage(node(1, { timings }), 11 * HOUR),
    nodeUsage(
      node(2, {
        timings: { create: 0, boot: 1 * HOUR, "delete-server": 2 * HOUR, "delete-address": 3 * HOUR },
        result: "failed",
        evidence: { at: 0, error: "", kind: "ssh", requestId: null, fault: null, console: null },
      }),
      9 * HOUR,
    ),
    nodeUsage(
      node(3, {
        state: { phase: "delete-address" },
        timings: { create: 0, "delete-server": HOUR },
        result: "refused",
      }),
      9 * HOUR,
    ),
    nodeUsage(
      node(4, {
        label: "",
        role: "builder",
        timings: { create: 5 * HOUR, boot: 5 * HOUR, prepare: 6 * HOUR },
      }),
      8 * HOUR,
    ),
  ];
  const { rows, total } = sumUsage(usages, { by: "label", prices: new Map(), since: 0, until: 100 * HOUR });
  assert.deepEqual(rows.map(({ name }) => name), ["noble", null]);
  const hours = Object.fromEntries(Object.entries(total.times).map(([kind, time]) => [kind, time / HOUR]));
  assert.deepEqual(hours, { used: 3, ready: 2, building: 1 + 3, held: 4, failed: 2, deleting: 0 });
  assert.equal(total.launches, 4);
  assert.deepEqual(Object.fromEntries(total.failures), { ssh: 1, unknown: 1 });
});

Deno.test("a subnode is for whom its node is, also in reports by job and by client", () => {
  const timings = { create: 0, boot: 0 };
  const asked = { client: "zuul", at: 0 };
  const usages = [
    nodeUsage(node(1, { timings: { ...timings, used: 30 * MINUTE }, job: "unit", asked }), HOUR),
    nodeUsage(node(2, { role: "subnode", parentId: 1, timings }), HOUR),
  ];
  for (const [by, name] of [["job", "unit"], ["client", "zuul"]] as const) {
    const { rows } = sumUsage(usages, { by, prices: new Map(), since: 0, until: HOUR });
    assert.deepEqual(rows.map(({ name, launches }) => [name, launches]), [[name, 2]]);
    assert.deepEqual(rows[0]!.waits, [30 * MINUTE]);
  }
});

Deno.test("costs come by currency, and what has no price is told", () => {
  const usages = ["m1.small", "m1.large", "m1.odd"].map((flavorName, index) =>
    nodeUsage(node(index + 1, { provider: "alpha", flavorName, timings: { boot: 0 } }), 3 * HOUR)
  );
  usages.push(
    nodeUsage(
      node(9, { provider: "beta", flavorName: "x", flavorId: "m1.small", timings: { boot: 0 } }),
      HOUR,
    ),
  );
  const { total } = sumUsage(usages, { by: "label", prices, since: HOUR / 2, until: 2 * HOUR });
  assert.deepEqual([...total.costs], [["EUR", 1.5 * 2.5], ["", 0.5]]);
  assert.equal(total.unpriced, 1.5 * HOUR);
});

Deno.test("waits have their median and the one that 95 % do not exceed", () => {
  const to = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const shown = (sorted: readonly number[]) => [median(sorted), percentile(sorted, 0.95)];
  assert.deepEqual(shown([]), [null, null]);
  assert.deepEqual(shown([7]), [7, 7]);
  assert.deepEqual(shown([10, 20]), [15, 20]);
  assert.deepEqual(shown(to(20)), [10.5, 19]);
  assert.deepEqual(shown(to(101)), [51, 96]);
});
