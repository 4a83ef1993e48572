import assert from "node:assert/strict";
import { missingGauges } from "../../src/metrics/pool_gauges.ts";
import { statsdLines } from "../../src/metrics/statsd_metrics.ts";
import { missing } from "../plan/plan_fixtures.ts";

Deno.test("missingGauges() counts what a provider's listings leave out, and says whether they can be relied on", () => {
  const gauges = missingGauges([
    { name: "a.b", missing: null },
    { name: "c", missing: { ...missing, servers: 2, images: 1, isDoubtful: true } },
    { name: "d", missing },
  ]);
  assert.deepEqual(Object.fromEntries(gauges.flatMap(statsdLines).map(({ name, value }) => [name, value])), {
    "nodepool.provider.a_b.missing": 0,
    "nodepool.provider.a_b.doubtful": 0,
    "nodepool.provider.c.missing": 3,
    "nodepool.provider.c.doubtful": 1,
    "nodepool.provider.d.missing": 1,
    "nodepool.provider.d.doubtful": 0,
  });
});
