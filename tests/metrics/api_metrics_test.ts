import assert from "node:assert/strict";
import { took } from "../../src/metrics/happening.ts";
import { statsdLines } from "../../src/metrics/statsd_metrics.ts";

function told(operation: string) {
  return statsdLines(took("task", { provider: "rax-ord", operation }, 84));
}

const both = (name: string) => [{ type: "timing", name, value: 84 }, { type: "count", name, value: 1 }];

Deno.test("StatsD is told of an answer by a timing and a count under one name, with the provider and 2016's task", () => {
  assert.deepEqual(told("ServerCreate"), both("nodepool.task.rax-ord.ServerCreate"));
});

Deno.test("StatsD is told of floating IPs under both names that dashboards draw", () => {
  const names = ["nodepool.task.rax-ord.NeutronFloatingIPCreate", "nodepool.task.rax-ord.FloatingIPCreate"];
  assert.deepEqual(told("NeutronFloatingIPCreate"), names.flatMap(both));
});
