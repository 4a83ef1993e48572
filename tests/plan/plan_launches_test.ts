import assert from "node:assert/strict";
import type { NodeRecord } from "../../src/domain/node.ts";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import { type LaunchInput, planLaunches, whyNoMore } from "../../src/plan/plan_launches.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import {
  config,
  floatingProvider,
  label,
  node,
  NOW,
  provider,
  quota,
  refusal,
  seen,
  states,
  together,
  told,
} from "./plan_fixtures.ts";

function input(fields: Partial<LaunchInput> = {}): LaunchInput {
  return {
    config: config(),
    now: NOW,
    wallOffset: 0,
    nodes: [],
    requests: [],
    pauses: [],
    seen: new Map([["cloud-a", seen()], ["cloud-b", seen()]]),
    turns: new Map(),
    reserved: new Map(),
    promised: new Map(),
    current: () => null,
    targets: new Map(),
    demand: new Map(),
    apart: together,
    ...fields,
  };
}

/** How many are launched, by provider. */
function counts(fields: Partial<LaunchInput> = {}): Record<string, number> {
  const launches = planLaunches(input(fields)).launches;
  const byProvider = Map.groupBy(launches, (launch) => launch.provider.name);
  return Object.fromEntries([...byProvider].map(([name, list]) => [name, list.length]));
}

const only = (cloud: ReturnType<typeof seen>) => ({ seen: new Map([["cloud-a", cloud]]) });
const withLabel = (fields: Parameters<typeof label>[0], more: Parameters<typeof config>[0] = {}) => ({
  config: config({ labels: [label(fields)], ...more }),
});

Deno.test("room that a label has ceded is the other's until that has taken it, or ten minutes have passed", () => {
  const two = config({
    labels: [label({ name: "noble", minReady: 0 }), label({ name: "other", minReady: 0 })],
    providers: [provider({ maxServers: 1 })],
  });
  const requests = [
    sampleRequest({ id: 1, label: "noble", count: 9 }),
    sampleRequest({ id: 2, label: "other" }),
  ];
  const ceded = [{ to: "other", servers: 2, until: NOW + MINUTE }];
  const turns = new Map(["noble", "other"].map((name) => [name, {
    served: name === "noble" ? 0 : 5,
    providers: ["cloud-a"],
    keepingSince: null,
    ceded: name === "noble" ? ceded : [],
  }]));
  const plan = (fields: Partial<LaunchInput>) =>
    planLaunches(input({ config: two, requests, turns, ...fields }));
  const names = (fields: Partial<LaunchInput> = {}) =>
    plan(fields).launches.map((launch) => launch.label.name);
  assert.deepEqual(names(), ["other"]);
  assert.deepEqual(names({ requests: [requests[0]!] }), ["noble"], "nobody else waits for it");
  const full = plan({ nodes: nodes("used", 1) });
  assert.deepEqual(told(full.reports[0]!.refusals).map(({ reason }) => reason), [
    "room is reserved for label other, for which nodes of this label were deleted",
  ]);
  assert.equal(full.until, NOW + MINUTE);
  assert.deepEqual(plan({}).turns.get("noble")?.ceded, [{ ...ceded[0], servers: 1 }]);
  assert.deepEqual(plan({ now: NOW + MINUTE }).turns.get("noble")?.ceded, []);
});

Deno.test("labels that have ceded room to each other do not wait for each other", () => {
  const names = ["a", "b", "c"];
  const requests = names.map((name, at) => sampleRequest({ id: at + 1, label: name }));
  const labels = names.map((name) => label({ name, minReady: 0 }));
  const turns = new Map(names.map((name, at) => [name, {
    served: 0,
    providers: ["cloud-a"],
    keepingSince: null,
    ceded: [{ to: names[(at + 1) % 3]!, servers: 1, until: NOW + (at + 1) * MINUTE }],
  }]));
  const { launches } = planLaunches(input({
    config: config({ labels, providers: [provider({ maxServers: 1 })] }),
    requests,
    turns,
  }));
  assert.equal(launches.length, 1);
});

Deno.test("no room is kept for a label that what others use, or what is held, leaves too little for", () => {
  const labels = [label({ name: "large", minReady: 0, subnodes: 2 }), label({ name: "small", minReady: 0 })];
  const requests = [
    sampleRequest({ id: 1, label: "large" }),
    sampleRequest({ id: 2, label: "small", count: 9 }),
  ];
  const turns = new Map(labels.map(({ name }) => [name, {
    served: name === "large" ? 0 : 5,
    providers: ["cloud-a"],
    keepingSince: null,
    ceded: [],
  }]));
  const launched = (fields: Partial<LaunchInput>) =>
    planLaunches(input({
      config: config({ labels, providers: [provider({ maxServers: 4 })] }),
      requests,
      turns,
      ...fields,
    })).launches.map((launch) => launch.label.name);
  const held = [1, 2].map((id) => node(states.hold, { id }));
  assert.deepEqual(launched({ nodes: nodes("used", 2) }), [], "these end some time");
  assert.deepEqual(launched({ nodes: held }), ["small", "small"]);
  assert.deepEqual(launched({ nodes: [held[0]!, ...nodes("used", 1)] }), []);
  const cores = (used: number) => only(seen({ quota: quota({ cores: { limit: 4, used } }) }));
  assert.deepEqual(launched(cores(2)), ["small", "small"], "others use them");
  assert.deepEqual(launched({ ...cores(2), nodes: nodes("used", 2) }), [], "the pool does");
});

Deno.test("a request that gathers nodes in vain makes room only for labels that compete with it", () => {
  const providers = [provider({ maxServers: 2 }), provider({ name: "cloud-b", maxServers: 1 })];
  const requests = [sampleRequest({ id: 1, count: 2 }), sampleRequest({ id: 2, label: "other", count: 2 })];
  const gathered = [...nodes("used", 1), node(states.ready, { id: 50 })];
  const shortages = (where: string) => {
    const labels = [label({ minReady: 0 }), label({ name: "other", minReady: 0, providers: [where] })];
    const full = config({ labels, providers });
    return planLaunches(
      input({ config: full, requests, gathering: new Set(["noble"]), nodes: gathered }),
    )
      .shortages.map((shortage) => shortage.label);
  };
  assert.deepEqual([shortages("cloud-a"), shortages("cloud-b")], [["other"], ["noble", "other"]]);
});

function nodes(phase: "create" | "boot" | "ready" | "used" | "delete-server", count: number): NodeRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const id = 100 + index;
    const boot = phase === "create" ? {} : { boot: NOW - 10 * MINUTE };
    const lost = { lostAt: null, askedAt: null, acceptedAt: null, sentAt: null };
    const state = { phase, serverId: `s${id}`, ...lost } as unknown as NodeRecord["state"];
    return node(state, { id, flavorId: "f1", timings: { create: NOW - 11 * MINUTE, ...boot } });
  });
}

Deno.test("as many nodes are launched as min-ready lacks, and each says why", () => {
  const { launches, reports } = planLaunches(
    input({ ...withLabel({ minReady: 3 }), nodes: nodes("ready", 1) }),
  );
  assert.deepEqual(launches.map(({ reason }) => reason), ["min-ready 3, have 1", "min-ready 3, have 1"]);
  assert.deepEqual(launches.map(({ target }) => target), ["default", "default"]);
  assert.deepEqual(reports, []);
});

Deno.test("nodes being built count as there; those in use, held or being deleted do not", () => {
  assert.deepEqual(counts({ ...withLabel({ minReady: 3 }), nodes: nodes("boot", 3) }), {});
  assert.deepEqual(counts({ ...withLabel({ minReady: 3 }), nodes: nodes("create", 2) }), { "cloud-a": 1 });
  assert.deepEqual(counts({ ...withLabel({ minReady: 3 }), nodes: nodes("used", 3) }), { "cloud-a": 3 });
  const deleted = { ...withLabel({ minReady: 3 }), nodes: nodes("delete-server", 3) };
  assert.deepEqual(counts(deleted), { "cloud-a": 3 });
});

Deno.test("requests that wait are demand on top of min-ready", () => {
  const requests = [sampleRequest({ id: 1, count: 2 }), sampleRequest({ id: 2, label: "jammy" })];
  const { launches } = planLaunches(input({ requests }));
  assert.deepEqual(launches.map(({ reason }) => reason), [
    "2 requested, have 0",
    "2 requested, have 0",
    "min-ready 1, have 0, 2 requested",
  ]);
});

Deno.test("a queue of any length costs a planning little", () => {
  for (const jobs of [2 ** 32 - 1, 1e15]) {
    const { launches, reports } = planLaunches(input({ demand: new Map([["noble", jobs]]) }));
    assert.equal(launches.length, provider().maxServers);
    assert.equal(reports[0]!.refusals[0]!.obstacle.kind, "max-servers");
  }
});

Deno.test("spare nodes never displace work", () => {
  const labels = [label({ name: "aaa", minReady: 5 }), label({ minReady: 0 })];
  const { launches } = planLaunches(input({
    config: config({ labels, providers: [provider({ maxServers: 3 })] }),
    requests: [sampleRequest({ id: 1, count: 2 })],
  }));
  assert.deepEqual(launches.map((launch) => launch.label.name).sort(), ["aaa", "noble", "noble"]);
});

Deno.test("spare nodes take no room of which a request needs more than is free at a time", () => {
  const labels = [label({ minReady: 2 }), label({ name: "large", minReady: 0, subnodes: 1 })];
  const shared = config({ labels, providers: [provider({ maxServers: 3 })] });
  const requests = [sampleRequest({ id: 1, label: "large" })];
  const names = (fields: Partial<LaunchInput>) =>
    planLaunches(input({ config: shared, ...fields })).launches.map((launch) => launch.label.name);
  assert.deepEqual(names({ nodes: nodes("used", 2) }), ["noble"]);
  assert.deepEqual(names({ nodes: nodes("used", 2), requests }), [], "one more is free when a job ends");
  assert.deepEqual(names({ nodes: nodes("used", 1), requests }), ["large"]);
  const held = [1, 2].map((id) => node(states.hold, { id }));
  assert.deepEqual(names({ nodes: held, requests }), ["noble"], "nobody knows when these end");
  const { reports } = planLaunches(input({ config: shared, nodes: nodes("used", 2), requests }));
  assert.deepEqual(told(reports.find(({ name }) => name === "noble")!.refusals).map(({ reason }) => reason), [
    "room is reserved for label large, whose requests come before spare nodes",
  ]);
});

Deno.test("a label with min-ready 0 launches on demand only, one with -1 never", () => {
  assert.deepEqual(counts(withLabel({ minReady: 0 })), {});
  const requests = [sampleRequest({ id: 1 })];
  assert.deepEqual(counts({ ...withLabel({ minReady: 0 }), requests }), { "cloud-a": 1 });
  assert.deepEqual(counts({ ...withLabel({ minReady: -1 }), requests }), {});
});

Deno.test("max-servers counts every node of the provider, in whatever state", () => {
  for (const phase of ["create", "boot", "ready", "used", "delete-server"] as const) {
    const there = nodes(phase, 8).map((each) => ({ ...each, label: "another" }));
    assert.deepEqual(counts({ ...withLabel({ minReady: 9 }), nodes: there }), { "cloud-a": 2 }, phase);
  }
});

Deno.test("a label's own max-servers counts its nodes in whatever state", () => {
  const there = nodes("used", 3);
  assert.deepEqual(counts({ ...withLabel({ minReady: 9, maxServers: 5 }), nodes: there }), { "cloud-a": 2 });
  const { reports } = planLaunches(input({ ...withLabel({ minReady: 9, maxServers: 5 }), nodes: there }));
  assert.deepEqual([reports[0]?.name, reports[0]?.wanted], ["noble", 7]);
});

Deno.test("what is refused says how many are wanted and why, for each provider", () => {
  const labels = [label({ minReady: 2, providers: ["cloud-a", "cloud-b"] })];
  const providers = [provider({ maxServers: -1 }), provider({ name: "cloud-b" })];
  const failure = { message: "connection refused", since: NOW };
  const { launches, reports } = planLaunches(input({
    config: config({ labels, providers }),
    seen: new Map([["cloud-b", seen({ failure })]]),
  }));
  assert.deepEqual(launches, []);
  assert.deepEqual(reports.map((report) => ({ ...report, refusals: told(report.refusals) })), [{
    name: "noble",
    wanted: 2,
    demand: 0,
    refusals: [
      { provider: "cloud-a", reason: "retired: max-servers is -1" },
      { provider: "cloud-b", reason: "unreachable since 03:04:05 UTC: connection refused" },
    ],
  }]);
});

Deno.test("a provider's quota is respected, together with what was asked for since it was read", () => {
  const full = (used: number) => quota({ cores: { limit: 10, used } });
  const wanted = withLabel({ minReady: 20 }, { providers: [provider({ maxServers: 100 })] });
  assert.deepEqual(counts({ ...wanted, ...only(seen({ quota: full(4) })) }), { "cloud-a": 6 });
  assert.deepEqual(counts({ ...wanted, ...only(seen({ quota: full(10) })) }), {});

  const before = nodes("boot", 3);
  const since = nodes("boot", 3).map((each) => ({ ...each, timings: { create: NOW, boot: NOW - SECOND } }));
  assert.deepEqual(counts({ ...wanted, ...only(seen({ quota: full(4) })), nodes: before }), { "cloud-a": 6 });
  assert.deepEqual(counts({ ...wanted, ...only(seen({ quota: full(4) })), nodes: since }), { "cloud-a": 3 });
  const unsent = nodes("create", 4);
  assert.deepEqual(counts({ ...wanted, ...only(seen({ quota: full(4) })), nodes: unsent }), { "cloud-a": 2 });
});

Deno.test("servers and RAM asked for since the quota was read count as used", () => {
  const wanted = withLabel({ minReady: 20 }, { providers: [provider({ maxServers: 100 })] });
  const unsent = nodes("create", 4);
  const instances = only(seen({ quota: quota({ instances: { limit: 10, used: 3 } }) }));
  assert.deepEqual(counts({ ...wanted, ...instances, nodes: unsent }), { "cloud-a": 3 });
  const ramMib = only(seen({ quota: quota({ ramMib: { limit: 10 * 2048, used: 2048 } }) }));
  assert.deepEqual(counts({ ...wanted, ...ramMib, nodes: unsent }), { "cloud-a": 5 });
});

Deno.test("floating IPs that nodes will need count as taken until the quota shows them", () => {
  const wanted = withLabel({ minReady: 20 }, { providers: [floatingProvider({ maxServers: 100 })] });
  const cloud = only(seen({ quota: quota({ floatingIps: { limit: 10, used: 4 } }) }));
  assert.deepEqual(counts({ ...wanted, ...cloud }), { "cloud-a": 6 });
  assert.deepEqual(counts({ ...wanted, ...cloud, nodes: nodes("boot", 4) }), { "cloud-a": 2 });

  const floatingIp = { id: "f1", address: "203.0.113.7" };
  const known = nodes("ready", 4).map((each) => ({ ...each, floatingIp }));
  assert.deepEqual(counts({ ...wanted, ...cloud, nodes: known }), { "cloud-a": 6 });
  const since = known.map((each) => ({ ...each, timings: { ...each.timings, login: NOW } }));
  assert.deepEqual(counts({ ...wanted, ...cloud, nodes: since }), { "cloud-a": 2 });
});

const failing = {
  provider: "cloud-a",
  label: "noble",
  failures: 3,
  until: NOW,
  lastError: "no login",
  lastFailureAt: NOW - MINUTE,
};

Deno.test("after many failures one launch at a time goes ahead, for each label and provider", () => {
  const wanted = withLabel({ minReady: 5 });
  assert.deepEqual(counts({ ...wanted, pauses: [failing] }), { "cloud-a": 1 });
  assert.deepEqual(counts({ ...wanted, pauses: [failing], nodes: nodes("boot", 1) }), {});
  assert.deepEqual(counts({ ...wanted, pauses: [{ ...failing, label: "jammy" }] }), { "cloud-a": 5 });
  assert.deepEqual(counts({ ...wanted, pauses: [{ ...failing, provider: "cloud-b" }] }), { "cloud-a": 5 });
});

Deno.test("what goes ahead one at a time is told apart whatever labels and providers are called", () => {
  const pairs = [["noble", "old cloud-a"], ["noble old", "cloud-a"]] as const;
  const wanted = config({
    labels: pairs.map(([name, where]) => label({ name, minReady: 5, providers: [where] })),
    providers: pairs.map(([, name]) => provider({ name })),
  });
  const pauses = pairs.map(([label, provider]) => ({ ...failing, label, provider }));
  const clouds = new Map(pairs.map(([, name]) => [name, seen()]));
  assert.deepEqual(counts({ config: wanted, pauses, seen: clouds }), { "cloud-a": 1, "old cloud-a": 1 });
});

Deno.test("demand and spare nodes together are still one launch where one at a time goes ahead", () => {
  const requests = [sampleRequest({ id: 1, count: 2 })];
  assert.deepEqual(counts({ ...withLabel({ minReady: 5 }), pauses: [failing], requests }), { "cloud-a": 1 });
});

Deno.test("a launch that goes ahead alone takes the room of one node, and the rest is others' at once", () => {
  const labels = [label({ minReady: 0 }), label({ name: "other", minReady: 0 })];
  const requests = [sampleRequest({ id: 1, count: 9 }), sampleRequest({ id: 2, label: "other", count: 4 })];
  const shared = config({ labels, providers: [provider({ maxServers: 4 })] });
  const { launches, reports, shortages } = planLaunches(
    input({ config: shared, pauses: [failing], requests }),
  );
  const names = launches.map((launch) => launch.label.name);
  assert.deepEqual(
    Map.groupBy(names, (name) => name).entries().map(([name, { length }]) => [name, length]).toArray(),
    [
      ["noble", 1],
      ["other", 3],
    ],
  );
  assert.deepEqual(told(reports.find(({ name }) => name === "noble")!.refusals).map(({ reason }) => reason), [
    "one launch at a time after 3 failed launches in a row: no login",
    "max-servers 4/4",
  ]);
  assert.deepEqual(
    shortages.map((one) => [one.label, one.nodes]),
    [["other", 1]],
    "more room is of no use to noble",
  );
});

Deno.test("no request waits for the one launch of a provider whose launches fail while another provider offers nodes", () => {
  const labels = [label({ minReady: 0, providers: ["cloud-a", "cloud-b"] })];
  const both = config({ labels, providers: [provider(), provider({ name: "cloud-b" })] });
  const waiting = { config: both, pauses: [failing], requests: [sampleRequest({ id: 1 })] };
  const probe = nodes("boot", 1);
  assert.deepEqual(counts({ ...waiting, nodes: probe }), { "cloud-b": 1 });
  const beside = node(states.boot, { id: 2, provider: "cloud-b" });
  assert.deepEqual(counts({ ...waiting, nodes: [...probe, beside] }), {}, "one more is enough");
  assert.deepEqual(counts({ ...waiting, pauses: [], nodes: probe }), {});
  const alike = { ...waiting, pauses: [failing, { ...failing, provider: "cloud-b" }], nodes: probe };
  assert.deepEqual(counts(alike), {}, "neither is the better one");
  const spare = config({ ...both, labels: [label({ minReady: 1, providers: ["cloud-a", "cloud-b"] })] });
  assert.deepEqual(counts({ config: spare, pauses: [failing], nodes: probe }), {}, "nobody waits for it");
});

Deno.test("the last place of a label's own max-servers is not for trying a failing provider while another has room", () => {
  const both = (minReady: number, maxServers: number | null, room = 9) => ({
    config: config({
      labels: [label({ minReady, maxServers, providers: ["cloud-a", "cloud-b"] })],
      providers: [provider(), provider({ name: "cloud-b", maxServers: room })],
    }),
    pauses: [failing],
  });
  const requests = [sampleRequest({ id: 1 })];
  assert.deepEqual(counts({ ...both(0, 1), requests }), { "cloud-b": 1 });
  assert.deepEqual(counts(both(1, 1)), { "cloud-b": 1 }, "a request may come that waits for it");
  assert.deepEqual(counts({ ...both(0, 3), requests, nodes: nodes("used", 2) }), { "cloud-b": 1 });
  assert.deepEqual(counts({ ...both(0, 1, 0), requests }), { "cloud-a": 1 }, "there is no other room");
  assert.deepEqual(counts({ ...both(2, 3), requests }), { "cloud-b": 3 });
  assert.deepEqual(counts({ ...both(1, 4), requests }), { "cloud-a": 1, "cloud-b": 1 }, "no place is short");
});

Deno.test("after a refusal one server is asked for, and no other before its answer", () => {
  const wanted = withLabel({ minReady: 5 });
  const over = only(seen({ refusal: refusal({ until: NOW }) }));
  assert.deepEqual(counts({ ...wanted, ...over }), { "cloud-a": 1 });
  assert.deepEqual(counts({ ...wanted, ...over, nodes: nodes("create", 1) }), {});
});

Deno.test("planning again is due when the first pause or refusal ends", () => {
  const pauses = [{ ...failing, until: NOW + 9 * SECOND }, { ...failing, until: null }];
  const cloud = only(seen({ refusal: refusal({ until: NOW + 5 * SECOND }) }));
  assert.equal(planLaunches(input({ pauses })).until, NOW + 9 * SECOND);
  assert.equal(planLaunches(input({ pauses, ...cloud })).until, NOW + 5 * SECOND);
  assert.equal(planLaunches(input()).until, null);
});

Deno.test("a label falls behind those that were launched while it went without, until it gets something", () => {
  const requests = [sampleRequest({ id: 1 }), sampleRequest({ id: 2, label: "jammy" })];
  const labels = [label({ minReady: 0 }), label({ name: "jammy", minReady: 0 })];
  const one = config({ labels, providers: [provider({ maxServers: 1 })] });
  const first = planLaunches(input({ requests, config: one }));
  assert.deepEqual(first.launches.map((launch) => launch.label.name), ["jammy"]);
  const full = planLaunches(input({ requests, config: one, nodes: nodes("used", 1), turns: first.turns }));
  assert.deepEqual(full.launches, []);
  assert.deepEqual(full.turns, first.turns, "nobody got anything");
  const second = planLaunches(input({ requests, config: one, turns: full.turns }));
  assert.deepEqual(second.launches.map((launch) => launch.label.name), ["noble"]);
  const both = config({ labels, providers: [provider({ maxServers: 2 })] });
  const uncontested = planLaunches(input({ requests, config: both, turns: second.turns }));
  assert.equal(uncontested.launches.length, 2);
  assert.deepEqual(uncontested.turns, second.turns, "nobody went without");
});

Deno.test("nodes are spread over the targets", () => {
  const { launches } = planLaunches(input({
    config: config({
      labels: [label({ minReady: 4 })],
      targets: ["east", "west"].map((name) => ({
        name,
        hostname: "{node_id}",
        subnodeHostname: "",
        rate: 0,
        assignViaGearman: false,
        jenkins: null,
      })),
    }),
  }));
  assert.deepEqual(launches.map(({ target }) => target).sort(), ["east", "east", "west", "west"]);
});

Deno.test("one node more of a label meets what each provider lacks, whatever the others would launch", () => {
  const labels = [label({ minReady: 0, providers: ["cloud-a", "cloud-b"] })];
  const { room } = planLaunches(input({
    config: config({ labels, providers: [provider(), provider({ name: "cloud-b" })] }),
    seen: new Map([
      ["cloud-a", seen()],
      ["cloud-b", seen({ failure: { message: "no answer", since: NOW } })],
    ]),
  }));
  assert.deepEqual(
    whyNoMore(labels[0]!.name, room).map(({ provider, obstacle }) => [provider, obstacle.kind]),
    [
      ["cloud-b", "unreachable"],
    ],
  );
});
