import { equal } from "node:assert/strict";
import { CloudError, pauseAfter } from "../../src/domain/cloud_error.ts";

Deno.test("pauseAfter() is what the cloud asks for where that is longer", () => {
  const busy = (retryAfter: number | null) => new CloudError("rateLimited", "busy", { retryAfter });
  equal(pauseAfter(busy(90_000), 1_000), 90_000);
  equal(pauseAfter(busy(500), 1_000), 1_000);
  equal(pauseAfter(busy(null), 1_000), 1_000);
  equal(pauseAfter(new Error("reset"), 1_000), 1_000);
});
