import assert from "node:assert/strict";
import { apiMetrics } from "../../src/metrics/api_metrics.ts";

Deno.test("apiMetrics() has a timing and a count under one name, with the provider and the operation", () => {
  const name = "nodepool.task.rax-ord.GET_servers_detail";
  assert.deepEqual(apiMetrics("rax-ord", { operation: "GET.servers.detail", duration: 84 }), [
    { type: "timing", name, duration: 84 },
    { type: "count", name },
  ]);
});
