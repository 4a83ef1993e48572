import assert from "node:assert/strict";
import type { NodeState } from "../../src/domain/node.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { LISTING_SETTLE } from "../../src/plan/node_step.ts";
import { planWatch } from "../../src/tasks/watch_needs.ts";
import { floatingProvider, image, node, NOW, provider, states } from "../plan/plan_fixtures.ts";

const needsOf = (...list: readonly ReturnType<typeof node>[]) =>
  planWatch(list, { provider: provider(), images: [], wanted: false, leakCheck: null, now: NOW });
const ofState = (state: NodeState, fields: Parameters<typeof node>[1] = {}) => needsOf(node(state, fields));

const accepted = { ...states["delete-server"], askedAt: NOW, acceptedAt: NOW };
const searched = { ...states["delete-server"], serverId: null, lostAt: NOW };

Deno.test("listings are needed while a node waits for the cloud to show something new", () => {
  const waiting: NodeState[] = [
    { ...states.create, sentAt: NOW },
    states.boot,
    states.address,
    accepted,
    searched,
  ];
  for (const state of waiting) assert.equal(ofState(state).pending, true, state.phase);
});

Deno.test("listings are not needed for nodes that wait for something else, or for nothing", () => {
  const others: NodeState[] = [
    states.create,
    states.login,
    states.ready,
    states.used,
    states.hold,
    states["delete-server"],
    states["delete-address"],
  ];
  for (const state of others) assert.equal(ofState(state).pending, false, state.phase);
  assert.equal(needsOf().pending, false);
});

Deno.test("a server that may become ACTIVE any moment is looked for often, a late one and a deleted one seldom", () => {
  const booting = (phaseSince: number) => ofState(states.boot, { phaseSince }).interval;
  assert.equal(booting(NOW), SECOND / 2);
  assert.equal(booting(NOW - 3 * MINUTE), 5 * SECOND);
  assert.equal(ofState(accepted, { phaseSince: NOW }).interval, 2 * SECOND);
});

Deno.test("a slow cloud is asked seldom until the fastest boot seen so far is nearly over", () => {
  const timings = { create: NOW - HOUR, boot: NOW - HOUR, address: NOW - HOUR + 60 * SECOND };
  const known = node(states.ready, { id: 1, timings });
  const booting = (phaseSince: number) => needsOf(known, node(states.boot, { phaseSince })).interval;
  assert.equal(booting(NOW), 2 * SECOND);
  assert.equal(booting(NOW - 47 * SECOND), SECOND);
  assert.equal(booting(NOW - 50 * SECOND), SECOND / 2);
});

Deno.test("of several nodes the one that hurries most decides", () => {
  const late = node(states.boot, { id: 1, phaseSince: NOW - HOUR });
  assert.equal(needsOf(late, node(states.boot, { phaseSince: NOW })).interval, SECOND / 2);
});

Deno.test("a lost answer needs a complete listing that begins well after it, the earliest first", () => {
  const lost = (lostAt: number, id: number) => node({ ...states.create, sentAt: 1, lostAt }, { id });
  assert.equal(needsOf(lost(NOW, 1), lost(NOW - 9, 2)).completeSince, NOW - 9 + LISTING_SETTLE);
  assert.equal(ofState(searched).completeSince, NOW + LISTING_SETTLE);
  assert.equal(ofState({ ...states.hold, serverId: null, lostAt: NOW }).completeSince, NOW + LISTING_SETTLE);
});

Deno.test("a request whose answer is still to come, and servers that are known, need no complete listing", () => {
  for (const state of [...Object.values(states), { ...states.create, sentAt: NOW }]) {
    assert.equal(ofState(state).completeSince, null, state.phase);
  }
});

const floating = (
  fields: Parameters<typeof node>[1] = {},
  at: Parameters<typeof floatingProvider>[0] = {},
) =>
  planWatch([node(states.address, fields)], {
    provider: floatingProvider(at),
    images: [],
    wanted: false,
    leakCheck: null,
    now: NOW,
  });

Deno.test("ports are listed while a server has no floating IP yet, again after a while for a port that came late", () => {
  assert.equal(floating().portsSince, NOW - 5 * SECOND);
  assert.equal(floating({ floatingIp: { id: "f7", address: "203.0.113.7" } }).portsSince, null);
  assert.equal(ofState(states.address).portsSince, null, "no floating IP is wanted");
});

Deno.test("floating IPs are listed where a pool gives them or they are cleaned, often while one is tried again", () => {
  assert.equal(ofState(states.address).floatingIpAge, null);
  assert.equal(floating().floatingIpAge, 90 * SECOND);
  assert.equal(floating({ attempt: 1 }).floatingIpAge, 2 * SECOND);
  const cleaned = planWatch([], {
    provider: provider({ cleanFloatingIps: true }),
    images: [],
    wanted: false,
    leakCheck: null,
    now: NOW,
  });
  assert.deepEqual([cleaned.floatingIpAge, cleaned.floatingIps], [90 * SECOND, false]);
  assert.equal(floating().floatingIps, true);
});

Deno.test("floating IPs are listed sooner where one may have leaked", () => {
  const age = (leakCheck: number | null, fields = {}) =>
    planWatch([node(states.address, fields)], {
      provider: floatingProvider(),
      images: [],
      wanted: false,
      leakCheck,
      now: NOW,
    }).floatingIpAge;
  assert.deepEqual([age(MINUTE), age(MINUTE, { attempt: 1 })], [MINUTE, 2 * SECOND]);
});

Deno.test("the quota is read more often the more depends on it", () => {
  const age = (wanted: boolean, nodes = [node(states.ready)]) =>
    planWatch(nodes, { provider: provider(), images: [], wanted, leakCheck: null, now: NOW }).quotaAge;
  assert.deepEqual([age(true), age(false, [node(states.boot)]), age(false)], [
    10 * SECOND,
    MINUTE,
    15 * MINUTE,
  ]);
});

Deno.test("each image that the provider boots from is looked up once", () => {
  const images = ["debian", "debian", null].map((baseImage, index) =>
    image({ name: `i${index}`, baseImage })
  );
  const needs = planWatch([], {
    provider: provider({ images }),
    images: [],
    wanted: false,
    leakCheck: null,
    now: NOW,
  });
  assert.deepEqual(needs.baseImages, ["debian"]);
});
