import assert from "node:assert/strict";
import { planRequestWaits } from "../../src/plan/plan_request_waits.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import { NOW } from "./plan_fixtures.ts";

const full = {
  name: "noble",
  wanted: 1,
  refusals: [
    { provider: null, reason: "label cap 5/5" },
    { provider: "cloud-a", reason: "max-servers 10/10" },
  ],
};

Deno.test("a request whose nodes could not be launched says why, by provider", () => {
  const [wait] = planRequestWaits([sampleRequest({ id: 1 })], [full], NOW);
  assert.deepEqual(wait?.waitingOn, {
    reason: "capacity",
    message: "label cap 5/5; cloud-a: max-servers 10/10",
    since: NOW,
  });
});

Deno.test("a request whose nodes are on their way waits for them", () => {
  const other = { ...full, name: "jammy" };
  const [wait] = planRequestWaits([sampleRequest({ id: 1 })], [other], NOW);
  assert.deepEqual(wait?.waitingOn, { reason: "node", message: "its nodes are being built", since: NOW });
});

Deno.test("a request that waits as before is no change", () => {
  const waitingOn = { reason: "node", message: "its nodes are being built", since: NOW - 5 } as const;
  assert.deepEqual(planRequestWaits([sampleRequest({ id: 1, waitingOn })], [], NOW), []);
});

Deno.test("waiting for the same reason in other words goes on since it began", () => {
  const waitingOn = { reason: "capacity", message: "cloud-a: not asked yet", since: NOW - 5 } as const;
  const [wait] = planRequestWaits([sampleRequest({ id: 1, waitingOn })], [full], NOW);
  assert.equal(wait?.waitingOn.since, NOW - 5);
  const [other] = planRequestWaits([sampleRequest({ id: 1, waitingOn })], [], NOW);
  assert.equal(other?.waitingOn.since, NOW);
});
