import assert from "node:assert/strict";
import { viewReadiness } from "../../src/views/health.ts";
import { sampleReport, sampleTask } from "./sample_pool.ts";

Deno.test("a pool all of whose clouds that answer are frozen is not ready, and says why", () => {
  const report = sampleReport();
  const frozen = "frozen: another daemon";
  const [first, ...others] = report.providers;
  const readiness = (...providers: typeof report.providers) => viewReadiness({ ...report, providers });
  assert.deepEqual(readiness({ ...first!, frozen }, ...others).reasons, [`provider cloud-a: ${frozen}`]);
  assert.equal(readiness({ ...first!, frozen }, { ...others[0]!, reachable: true }).ready, true);
  assert.deepEqual(readiness({ ...first!, reachable: false }).reasons, ["no provider has answered yet"]);
  const refused = { ...first!, reachable: false, error: { message: "connection refused", since: 1 } };
  assert.deepEqual(readiness(refused, others[0]!).reasons, [
    "no provider answers: cloud-a: connection refused; cloud-b: connect to cloud.example.org:5000: connection refused",
  ]);
});

Deno.test("while providers have not answered for the first time, readiness does not take the first that failed for all", () => {
  const report = sampleReport();
  const [first, second] = report.providers;
  const unasked = (name: string) => ({ ...first!, name, reachable: null, error: null });
  const reasons = (...providers: typeof report.providers) => viewReadiness({ ...report, providers }).reasons;
  assert.deepEqual(reasons(second!, unasked("cloud-c"), unasked("cloud-d")), [
    "no provider has answered yet: cloud-b: connect to cloud.example.org:5000: connection refused; " +
    "waiting for the first answer of cloud-c, cloud-d",
  ]);
  assert.deepEqual(reasons(unasked("cloud-c")), ["no provider has answered yet"]);
});

Deno.test("a pool whose tick fails each time is not ready, and says why; another task that fails is in status", () => {
  const report = sampleReport();
  const readiness = (name: string, message: string | null, problem: string | null = null) => {
    const lastError = message === null ? null : { at: 1, message };
    const daemon = { ...report.daemon!, tasks: [sampleTask({ name, lastError })] };
    return viewReadiness({ ...report, daemon, state: { ...report.state, problem } }).reasons;
  };
  assert.deepEqual(readiness("tick", "a record is broken"), ["the task tick fails: a record is broken"]);
  assert.deepEqual(readiness("tick", null), []);
  assert.deepEqual(readiness("statsd", "no route to host"), []);
  assert.deepEqual(readiness("tick", "the disk is full", "the disk is full"), ["the disk is full"]);
});

Deno.test("a pool whose tick hangs is not ready", () => {
  const report = sampleReport();
  const reasons = (age: number) => {
    const tasks = [sampleTask({ runningSince: report.now - age })];
    return viewReadiness({ ...report, daemon: { ...report.daemon!, tasks } }).reasons;
  };
  assert.deepEqual(reasons(30_000), []);
  assert.deepEqual(reasons(180_000), ["the task tick hangs: its run began 3m ago"]);
});

Deno.test("a configuration that could not be put into effect keeps a pool from being ready", () => {
  const report = sampleReport();
  const daemon = { ...report.daemon!, configFault: "cannot open the target ci" };
  assert.deepEqual(viewReadiness({ ...report, daemon }).reasons, [
    "the configuration is only partly in effect: cannot open the target ci",
  ]);
  const strict = viewReadiness({ ...report, daemon }, { strict: true }).reasons;
  assert.equal(
    strict.filter((reason) => reason.includes("cannot open the target ci")).length,
    1,
    "said once",
  );
});

Deno.test("strictly, whatever stops a part of the work keeps a pool from being ready, and each is said once", () => {
  const report = sampleReport();
  const [first, second] = report.providers;
  const lastError = { at: 1, message: "boom" };
  const daemon = {
    ...report.daemon!,
    tasks: [sampleTask({ lastError }), sampleTask({ name: "cleanup", lastError })],
  };
  const quota = {
    look: "quota",
    message: "HTTP 500",
    since: report.now,
    retryAt: report.now,
    takenAt: null,
  } as const;
  const strictly = viewReadiness({
    ...report,
    daemon,
    providers: [{ ...first!, frozen: "frozen" }, { ...second!, reachable: true, stale: [quota] }],
    targets: new Map([["ci", { online: false, reason: "shut down" }]]),
    links: [{
      name: "Gearman server g:1",
      state: { status: "away", since: 1, message: "refused", retryAt: 2 },
    }],
  }, { strict: true });
  assert.deepEqual(strictly.reasons, [
    "the task tick fails: boom",
    "provider cloud-b: failing to read its compute quota since 03:04:05 UTC: HTTP 500; trying again at 03:04:05 UTC",
    "provider cloud-b: its listings are unreliable: they omit 2 servers of the pool, 1 of which still exist; each counts " +
    "as there until the cloud reports it gone",
    "provider cloud-a: frozen",
    "task cleanup: boom",
    "target ci is offline: shut down",
    "Gearman server g:1: refused",
  ]);
});
