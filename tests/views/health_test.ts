import assert from "node:assert/strict";
import { viewReadiness } from "../../src/views/health.ts";
import type { TaskReport } from "../../src/domain/pool_report.ts";
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

Deno.test("a pool whose tick fails each time is not ready, and says why; another task that fails is in status", () => {
  const report = sampleReport();
  const readiness = (name: string, message: string | null, problem: string | null = null) => {
    const lastError = message === null ? null : { at: 1, message };
    const task: TaskReport = { name, runs: 2, lastStartedAt: 1, lastDuration: 1, lastError };
    const daemon = { ...report.daemon!, tasks: [task] };
    return viewReadiness({ ...report, daemon, state: { ...report.state, problem } }).reasons;
  };
  assert.deepEqual(readiness("tick", "a record is broken"), ["the task tick fails: a record is broken"]);
  assert.deepEqual(readiness("tick", null), []);
  assert.deepEqual(readiness("statsd", "no route to host"), []);
  assert.deepEqual(readiness("tick", "the disk is full", "the disk is full"), ["the disk is full"]);
});
