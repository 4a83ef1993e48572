import assert from "node:assert/strict";
import { viewReadiness } from "../../src/views/health.ts";
import { sampleReport } from "./sample_pool.ts";

Deno.test("a pool all of whose clouds that answer are frozen is not ready, and says why", () => {
  const report = sampleReport();
  const frozen = "frozen: another daemon";
  const [first, ...others] = report.providers;
  const readiness = (...providers: typeof report.providers) => viewReadiness({ ...report, providers });
  assert.deepEqual(readiness({ ...first!, frozen }, ...others).reasons, [`provider cloud-a: ${frozen}`]);
  assert.equal(readiness({ ...first!, frozen }, { ...others[0]!, reachable: true }).ready, true);
  assert.deepEqual(readiness({ ...first!, reachable: false }).reasons, ["no provider has answered yet"]);
});
