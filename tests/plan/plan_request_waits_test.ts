import assert from "node:assert/strict";
import type { NodeRequest } from "../../src/domain/request.ts";
import { planRequestWaits } from "../../src/plan/plan_request_waits.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import { config, label, NOW, together } from "./plan_fixtures.ts";

const full5 = { resource: "maxServers", used: 5, limit: 5, need: 1 } as const;
const full = {
  name: "noble",
  wanted: 1,
  demand: 1,
  refusals: [
    { provider: null, obstacle: { kind: "label-max-servers", ...full5 } },
    { provider: "cloud-a", obstacle: { kind: "max-servers", ...full5, used: 10, limit: 10 } },
  ],
} as const;

const waitsOf = (
  requests: readonly NodeRequest[],
  given: Partial<Parameters<typeof planRequestWaits>[1]> = {},
) =>
  planRequestWaits(requests, {
    apart: together,
    reports: [],
    pauses: [],
    config: config(),
    now: NOW,
    wallOffset: 0,
    ...given,
  }).filter(({ request, waitingOn }) => request.waitingOn !== waitingOn);

Deno.test("a request whose nodes could not be launched says why, by provider", () => {
  const [wait] = waitsOf([sampleRequest({ id: 1 })], { reports: [full] });
  assert.deepEqual(wait?.waitingOn, {
    reason: "capacity",
    message: "the label's max-servers 5/5; cloud-a: max-servers 10/10",
    since: NOW,
  });
});

Deno.test("a request whose nodes are on their way waits for them", () => {
  const other = { ...full, name: "jammy" };
  const [wait] = waitsOf([sampleRequest({ id: 1 })], { reports: [other] });
  assert.deepEqual(wait?.waitingOn, { reason: "node", message: "its nodes are being built", since: NOW });
});

Deno.test("a request from before the daemon's start says that its client has not come back", () => {
  const [wait] = waitsOf([sampleRequest({ id: 1 })], { deserted: new Set([1]) });
  assert.equal(wait?.waitingOn.message, "its client has not reconnected since the daemon started");
});

Deno.test("a request that others of its label come before says so, whatever their order in memory", () => {
  const both = config({ labels: [label(), label({ name: "jammy" })] });
  const requests = [
    sampleRequest({ id: 4 }),
    sampleRequest({ id: 3, count: 5 }),
    sampleRequest({ id: 5, label: "jammy" }),
  ];
  const messages = waitsOf(requests, { config: both }).map(({ request, waitingOn }) => [
    request.id,
    waitingOn.message,
  ]);
  assert.deepEqual(messages, [
    [4, "earlier requests of its label come first"],
    [3, "its nodes are being built"],
    [5, "its nodes are being built"],
  ]);
});

Deno.test("a request whose label is gone, or has been disabled, is not told that nodes are being built", () => {
  const [gone] = waitsOf([sampleRequest({ id: 1, label: "old" })]);
  assert.equal(gone?.waitingOn.message, "the configuration no longer has label old");
  const [disabled] = waitsOf([sampleRequest({ id: 1 })], {
    config: config({ labels: [label({ minReady: -1 })] }),
  });
  assert.equal(disabled?.waitingOn.message, "the label is disabled: its min-ready is -1");
});

Deno.test("a request that waits as before is no change", () => {
  const waitingOn = { reason: "node", message: "its nodes are being built", since: NOW - 5 } as const;
  assert.deepEqual(waitsOf([sampleRequest({ id: 1, waitingOn })]), []);
});

Deno.test("waiting for the same reason in other words goes on since it began", () => {
  const waitingOn = { reason: "capacity", message: "cloud-a: not asked yet", since: NOW - 5 } as const;
  const [wait] = waitsOf([sampleRequest({ id: 1, waitingOn })], { reports: [full] });
  assert.equal(wait?.waitingOn.since, NOW - 5);
  const [other] = waitsOf([sampleRequest({ id: 1, waitingOn })]);
  assert.equal(other?.waitingOn.since, NOW);
});
