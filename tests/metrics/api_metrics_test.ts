import assert from "node:assert/strict";
import { apiMetrics } from "../../src/metrics/api_metrics.ts";

function told(operation: string) {
  return apiMetrics("rax-ord", { operation, duration: 84 });
}

const both = (name: string) => [{ type: "timing", name, duration: 84 }, { type: "count", name }];

Deno.test("apiMetrics() has a timing and a count under one name, with the provider and 2016's task", () => {
  assert.deepEqual(told("ServerCreate"), both("nodepool.task.rax-ord.ServerCreate"));
});

Deno.test("apiMetrics() tells of floating IPs under both names that dashboards draw", () => {
  const names = ["nodepool.task.rax-ord.NeutronFloatingIPCreate", "nodepool.task.rax-ord.FloatingIPCreate"];
  assert.deepEqual(told("NeutronFloatingIPCreate"), names.flatMap(both));
});
