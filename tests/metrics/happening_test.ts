/** Several receivers of what happens: one that is broken is nobody else's trouble. */
import assert from "node:assert/strict";
import { type Happening, metricsOf, took } from "../../src/metrics/happening.ts";
import { loggedLines } from "../lib/logged_lines.ts";

Deno.test("metricsOf() tells the others where one throws, and whoever measures goes on; that is logged once", async () => {
  const told: Happening[] = [];
  const broken = {
    wantsGauges: false,
    tell() {
      throw new TypeError("a label is missing");
    },
  };
  const metrics = metricsOf([broken, { wantsGauges: true, tell: (all) => void told.push(...all) }]);
  assert.equal(metrics.wantsGauges, true);
  const happening = took("tick", {}, 5);
  const lines = await loggedLines(() => {
    metrics.tell([happening]);
    metrics.tell([happening]);
  });
  assert.deepEqual(told, [happening, happening]);
  assert.deepEqual(lines.map(({ message }) => message.join("")), [
    "defect in a listener for metrics: a label is missing",
  ]);
});
