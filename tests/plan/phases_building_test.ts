/** The ladders of a node that is being built, rung by rung. */
import assert from "node:assert/strict";
import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { Observation } from "../../src/domain/observation.ts";
import type { Server } from "../../src/domain/server.ts";
import type { LaunchFailure } from "../../src/plan/action.ts";
import { LISTING_SETTLE, type NodeStep } from "../../src/plan/node_step.ts";
import { planAddress } from "../../src/plan/phases/address.ts";
import { planBoot } from "../../src/plan/phases/boot.ts";
import { planCreate } from "../../src/plan/phases/create.ts";
import { planLogin } from "../../src/plan/phases/login.ts";
import {
  actionOf,
  ADDRESSES,
  catalog,
  floatingIp,
  floatingProvider,
  inventory,
  missing,
  NOW,
  provider,
  refusal,
  seen,
  server,
  situation,
  states,
  without,
} from "./plan_fixtures.ts";

/** Why a step waits, and until when. */
function waiting(step: NodeStep) {
  assert.equal(step.do, "wait", JSON.stringify(step));
  return step as NodeStep & { do: "wait" };
}

function givenUp(step: NodeStep): LaunchFailure {
  assert.ok(step.do === "act" && step.action.type === "give-up", JSON.stringify(step));
  return step.action.failure;
}

/** A cloud that was listed at that time. */
function listedAt(time: number, ...servers: readonly Server[]): Observation {
  return seen({ inventory: inventory(servers, time) });
}

const nothing = seen();
const vanished = without("s7");
const inError = seen({ servers: [server("s7", { status: "ERROR", fault: "No valid host" })] });

Deno.test("create: a node that was never asked for is asked for", () => {
  const at = situation(states.create, { seen: nothing });
  assert.deepEqual(planCreate(at), { do: "act", action: { type: "create-server", node: at.node } });
});

Deno.test("create: while the request is under way in this process, nothing else is done", () => {
  for (const state of [states.create, { ...states.create, sentAt: NOW - MINUTE }]) {
    assert.equal(waiting(planCreate(situation(state, { seen: nothing, creating: true }))).reason, "answer");
  }
});

Deno.test("create: a node that was not asked for is dropped where its provider is retired or refuses", () => {
  const retired = situation(states.create, { seen: nothing, provider: provider({ maxServers: -1 }) });
  assert.deepEqual(planCreate(retired), { do: "end" });
  const refusing = situation(states.create, { seen: seen({ refusal: refusal() }) });
  assert.deepEqual(planCreate(refusing), { do: "end" });
});

Deno.test("create: a node is asked for again once a refusal is over", () => {
  const at = situation(states.create, { seen: seen({ refusal: refusal({ until: NOW }) }) });
  assert.equal(actionOf(planCreate(at)), "create-server");
});

Deno.test("create: a server that is listed already is adopted, even if no request is on record", () => {
  for (const sentAt of [null, NOW - MINUTE]) {
    const step = planCreate(situation({ ...states.create, sentAt }));
    assert.deepEqual(step, { do: "change", event: { type: "accepted", serverId: "s7" } });
  }
});

Deno.test("create: a node that was asked for by a former process is never asked for again", () => {
  const step = planCreate(situation({ ...states.create, sentAt: NOW - MINUTE }, { seen: nothing }));
  assert.ok(step.do === "change" && step.event.type === "answer-lost");
  assert.match(step.event.evidence?.error ?? "", /was stopped before the cloud answered/);
});

Deno.test("create: a lost answer waits for a complete listing that began well after it", () => {
  const lostAt = NOW - LISTING_SETTLE + 1;
  const step = planCreate(situation({ ...states.create, sentAt: NOW - MINUTE, lostAt }, { seen: nothing }));
  assert.equal(waiting(step).reason, "listing");
});

Deno.test("create: a lost answer waits for listings that leave nothing out", () => {
  const lost = { ...states.create, sentAt: NOW - MINUTE, lostAt: NOW - LISTING_SETTLE };
  for (const cloud of [seen({ missing, servers: [server("other", { nodeId: 8 })] }), nothing]) {
    assert.equal(waiting(planCreate(situation(lost, { seen: cloud }))).reason, "listing");
  }
});

Deno.test("create: a lost answer that a later complete listing has no server for was a failure", () => {
  const lostAt = NOW - LISTING_SETTLE;
  const others = seen({ servers: [server("other", { nodeId: 8 })] });
  const step = planCreate(situation({ ...states.create, sentAt: NOW - MINUTE, lostAt }, { seen: others }));
  assert.ok(step.do === "change" && step.event.type === "delete");
  assert.equal(step.event.result, "failed");
});

Deno.test("boot: an ACTIVE server goes on, however late it is", () => {
  const step = planBoot(situation(states.boot, { now: NOW + 24 * 60 * MINUTE }));
  assert.deepEqual(step, { do: "change", event: { type: "active" } });
});

Deno.test("boot: a server that the cloud builds is waited for until launch-timeout", () => {
  const building = seen({ servers: [server("s7", { status: "BUILD" })] });
  const step = waiting(planBoot(situation(states.boot, { seen: building })));
  assert.deepEqual([step.reason, step.message], ["active", "the server is BUILD"]);
  assert.equal(step.until, NOW - MINUTE + 10 * MINUTE);
});

Deno.test("boot: a server that is not listed yet is waited for", () => {
  const young = seen({ inventory: inventory([], NOW - 57 * SECOND, NOW) });
  assert.match(waiting(planBoot(situation(states.boot, { seen: young }))).message, /not listed yet/);
});

Deno.test("boot: a server that is not ACTIVE within launch-timeout is given up, with its console", () => {
  const building = listedAt(NOW + 9 * MINUTE, server("s7", { status: "BUILD" }));
  const late = situation(states.boot, { seen: building, now: NOW + 9 * MINUTE });
  assert.deepEqual(givenUp(planBoot(late)), {
    serverId: "s7",
    kind: "timeout",
    message: "server s7 did not become ACTIVE within 600 s (BUILD)",
    wantsConsole: true,
  });
});

Deno.test("boot: a server that was last seen before launch-timeout was over is looked at once more", () => {
  const building = seen({ servers: [server("s7", { status: "BUILD" })] });
  const slept = situation(states.boot, { seen: building, now: NOW + 60 * MINUTE });
  const step = waiting(planBoot(slept));
  assert.deepEqual([step.reason, step.message, step.until], ["active", "the server is BUILD", undefined]);
  building.inventory.apply({
    kind: "delta",
    startedAt: NOW + 60 * MINUTE,
    cloudTime: NOW + 60 * MINUTE,
    cloudAhead: null,
    servers: [],
  });
  assert.equal(givenUp(planBoot(slept)).kind, "timeout");
});

Deno.test("boot: a server is waited for although the cloud cannot be listed, or could not be for a while", () => {
  const building = server("s7", { status: "BUILD" });
  const failure = { message: "connection refused", since: NOW - 30 * SECOND };
  const blind = seen({ inventory: inventory([building], NOW - 2 * MINUTE), failure });
  assert.equal(waiting(planBoot(situation(states.boot, { seen: blind }))).reason, "active");
  // The listings work again; what fails is something else.
  const listed = { ...listedAt(NOW + 9 * MINUTE, building), failure };
  assert.equal(
    givenUp(planBoot(situation(states.boot, { seen: listed, now: NOW + 9 * MINUTE }))).kind,
    "timeout",
  );
});

Deno.test("boot: while the cloud cannot be listed a server is not given up", () => {
  const failure = { message: "connection refused", since: NOW - MINUTE };
  const blind = seen({ inventory: inventory([], NOW - 2 * MINUTE), failure });
  const late = situation(states.boot, { seen: blind, now: NOW + 60 * MINUTE });
  assert.equal(waiting(planBoot(late)).reason, "provider");
  const never = situation(states.boot, {
    seen: seen({ inventory: inventory([]), failure }),
    now: NOW + 60 * MINUTE,
  });
  assert.equal(waiting(planBoot(never)).reason, "provider");
});

Deno.test("boot: a server in ERROR is given up with its fault", () => {
  const failure = givenUp(planBoot(situation(states.boot, { seen: inError })));
  assert.deepEqual([failure.kind, failure.wantsConsole], ["status", false]);
  assert.match(failure.message, /s7 is in ERROR: No valid host/);
});

Deno.test("a server that somebody deletes while its node is being built is given up at once", () => {
  for (const status of ["BUILD", "ACTIVE"]) {
    const cloud = seen({ servers: [server("s7", { status, taskState: "deleting" })] });
    const steps = [
      ...status === "ACTIVE" ? [] : [planBoot(situation(states.boot, { seen: cloud }))],
      planAddress(situation(states.address, { seen: cloud })),
      planLogin(situation(states.login, { fields: addressed, seen: cloud })),
    ];
    for (const step of steps) {
      const { kind, message } = givenUp(step);
      assert.deepEqual([kind, message], ["status", "server s7 is being deleted on the cloud"]);
    }
  }
});

Deno.test("boot: a server of which nothing can be seen is not given up, however late", () => {
  const unknown = seen({ servers: [server("s7", { status: "UNKNOWN" })] });
  for (const cloud of [nothing, unknown]) {
    const late = situation(states.boot, { seen: cloud, now: NOW + 60 * MINUTE });
    assert.equal(waiting(planBoot(late)).reason, "provider");
  }
});

Deno.test("boot: a server that the cloud calls gone is given up", () => {
  assert.equal(givenUp(planBoot(situation(states.boot, { seen: vanished }))).kind, "vanished");
});

Deno.test("address: a server with a fixed address is logged in to there", () => {
  const step = planAddress(situation(states.address));
  assert.deepEqual(step, { do: "change", event: { type: "addressed", addresses: ADDRESSES } });
});

Deno.test("address: a server in ERROR or no longer there is given up", () => {
  assert.equal(givenUp(planAddress(situation(states.address, { seen: inError }))).kind, "status");
  assert.equal(givenUp(planAddress(situation(states.address, { seen: vanished }))).kind, "vanished");
});

Deno.test("address: a server that is not listed right now is waited for", () => {
  const late = situation(states.address, { seen: nothing, now: NOW + 60 * MINUTE });
  assert.equal(waiting(planAddress(late)).reason, "listing");
});

Deno.test("address: a server whose cell is down is not given up", () => {
  const down = seen({ servers: [server("s7", { status: "UNKNOWN", addresses: [] })] });
  const late = situation(states.address, { seen: down, now: NOW + 60 * MINUTE });
  assert.equal(waiting(planAddress(late)).reason, "provider");
});

const bare = server("s7", { addresses: [] });

Deno.test("address: a server without one is waited for until boot-timeout, then given up", () => {
  const at = situation(states.address, { seen: seen({ servers: [bare] }) });
  const step = waiting(planAddress(at));
  assert.deepEqual([step.reason, step.until], ["address", NOW + MINUTE]);
  const slept = waiting(planAddress({ ...at, now: NOW + MINUTE }));
  assert.deepEqual([slept.reason, slept.until], ["address", undefined], "it was seen before that alone");
  const failure = givenUp(planAddress({ ...at, seen: listedAt(NOW + MINUTE, bare), now: NOW + MINUTE }));
  assert.deepEqual([failure.kind, failure.message], [
    "ipadd",
    "server s7 got no address to log in to within 120 s",
  ]);
});

Deno.test("address: while the cloud cannot be listed a server is not given up", () => {
  const failure = { message: "connection refused", since: NOW - MINUTE };
  const blind = seen({ inventory: inventory([bare], NOW - 2 * MINUTE), failure });
  const late = situation(states.address, { seen: blind, now: NOW + 60 * MINUTE });
  assert.equal(waiting(planAddress(late)).reason, "provider");
});

const port = {
  id: "p7",
  serverId: "s7",
  networkId: "n1",
  addresses: ["10.0.0.7"],
  status: "ACTIVE",
};
const ports = { takenAt: NOW, value: [{ ...port, id: "p1", serverId: "s1" }, port] };

function floating(
  fields: Parameters<typeof seen>[0] = {},
  more: Parameters<typeof situation>[1] = {},
) {
  return situation(states.address, {
    provider: floatingProvider(),
    seen: seen({ servers: [server("s7")], ports, ...fields }),
    ...more,
  });
}

Deno.test("address: a floating IP is made on the server's port, from the provider's pool", () => {
  const at = floating();
  assert.deepEqual(planAddress(at), {
    do: "act",
    action: {
      type: "create-floating-ip",
      node: at.node,
      ways: [{ portId: "p7", networkId: "n2" }],
      otherwise: null,
    },
  });
});

Deno.test("address: a floating IP waits for ports that were listed since the server was ACTIVE", () => {
  for (const older of [null, { takenAt: states.address.activeAt - 1, value: [port] }]) {
    assert.match(waiting(planAddress(floating({ ports: older }))).message, /looking for the server's port/);
  }
});

Deno.test("address: where ports are kept from us and no pool is asked for, the server's own address does", () => {
  const kept = (since: number, pool: string | null) => {
    const troubles = new Map([["ports", { message: "list ports: forbidden", since }]] as const);
    const at = floating({ ports: null, troubles });
    return planAddress({ ...at, provider: { ...at.provider, pool } });
  };
  assert.match(waiting(kept(NOW - SECOND, null)).message, /forbidden/);
  assert.match(waiting(kept(NOW - MINUTE, "public")).message, /forbidden/);
  const step = kept(NOW - MINUTE, null);
  assert.ok(step.do === "change" && step.event.type === "addressed");
});

Deno.test("address: while Neutron is down no server goes without its floating IP, whatever is asked for", () => {
  for (const kind of ["unavailable", "timeout", "rateLimited", "unauthorized"] as const) {
    const since = NOW - 10 * MINUTE;
    const isUnauthenticated = kind === "unauthorized";
    const trouble = { message: "list ports: no answer", since, kind, isUnauthenticated };
    const troubles = new Map([["ports", trouble]] as const);
    const at = floating({ ports: null, troubles });
    const step = planAddress({ ...at, provider: { ...at.provider, pool: null } });
    assert.match(waiting(step).message, /no answer/, kind);
  }
});

Deno.test("address: while Neutron is out of reach a server that waits for a floating IP is not given up", () => {
  const at = (kind: "unavailable" | "unauthorized") => {
    const troubles = new Map([["ports", { message: "list ports: no answer", since: NOW, kind }]] as const);
    return planAddress(floating({ ports: null, troubles }, { now: NOW + 60 * MINUTE }));
  };
  assert.deepEqual(at("unavailable"), { do: "wait", reason: "provider", message: "list ports: no answer" });
  assert.equal(givenUp(at("unauthorized")).kind, "ipadd");
});

Deno.test("address: after an outage a node gets one attempt at a floating IP, however late", () => {
  const late = { now: NOW + 60 * MINUTE };
  assert.equal(actionOf(planAddress(floating({}, late))), "create-floating-ip");
  const tried = { attempt: 1, retryAt: NOW + 5 * SECOND };
  assert.equal(givenUp(planAddress(floating({}, { ...late, fields: tried }))).kind, "ipadd");
});

Deno.test("address: a server without a port and a pool that is not there are waited for, and named", () => {
  const portless = floating({ ports: { takenAt: NOW, value: [] } });
  assert.match(waiting(planAddress(portless)).message, /no port yet/);
  const poolless = floating({ catalog: catalog({ networks: [] }) });
  assert.match(waiting(planAddress(poolless)).message, /the cloud has no network public/);
});

Deno.test("address: a floating IP that an attempt with a lost answer made is taken over", () => {
  const made = floatingIp("f7", { portId: "p7" });
  const at = floating({ floatingIps: { takenAt: NOW, value: [made], since: new Map() } });
  assert.deepEqual(planAddress(at), {
    do: "change",
    event: { type: "floating-ip", floatingIp: { id: "f7", address: "203.0.113.7", portId: "p7" } },
  });
});

Deno.test("address: another node's, another pool's and an unmarked floating IP are not taken over", () => {
  const others = [
    floatingIp("f1", { portId: "p7", nodeId: 8 }),
    floatingIp("f2", { portId: "p7", description: "nodepool other node 7" }),
    floatingIp("f3", { portId: "p7", description: "" }),
    floatingIp("f4", { portId: "p1" }),
  ];
  const at = floating({ floatingIps: { takenAt: NOW, value: others, since: new Map() } });
  assert.equal(actionOf(planAddress(at)), "create-floating-ip");
});

Deno.test("address: after a failed attempt the next floating IP waits for its time and a newer list", () => {
  const waitingOn = { reason: "address", message: "the pool is empty", since: NOW } as const;
  const early = floating({}, { fields: { retryAt: NOW + 5 * SECOND, attempt: 1, waitingOn } });
  const step = waiting(planAddress(early));
  assert.deepEqual([step.message, step.until], ["the pool is empty", NOW + 5 * SECOND]);

  const fields = { retryAt: NOW - SECOND, attempt: 1, waitingOn };
  const listed = (takenAt: number) => ({
    floatingIps: { takenAt, value: [], since: new Map<string, number>() },
  });
  assert.match(waiting(planAddress(floating(listed(NOW - 2 * SECOND), { fields }))).message, /looking for/);
  assert.equal(actionOf(planAddress(floating(listed(NOW), { fields }))), "create-floating-ip");
});

Deno.test("address: the floating IP that the node has is where it is logged in to", () => {
  const fields = { floatingIp: { id: "f7", address: "203.0.113.7" } };
  const step = planAddress(floating({}, { fields }));
  assert.ok(step.do === "change" && step.event.type === "addressed");
  assert.equal(step.event.addresses.login, "203.0.113.7");
});

const addressed = { addresses: ADDRESSES };

Deno.test("login: a node with an address is logged in to", () => {
  const at = situation(states.login, { fields: addressed });
  assert.deepEqual(planLogin(at), {
    do: "act",
    action: { type: "login", node: at.node, address: "10.0.0.7" },
  });
});

Deno.test("login: a failed attempt is repeated after its pause, which ends at boot-timeout at the latest", () => {
  const waitingOn = { reason: "login", message: "connection refused", since: NOW } as const;
  const fields = { ...addressed, attempt: 1, retryAt: NOW + 5 * MINUTE, waitingOn };
  const step = waiting(planLogin(situation(states.login, { fields })));
  assert.deepEqual([step.message, step.until], ["connection refused", NOW + MINUTE]);
  const again = situation(states.login, { fields: { ...fields, retryAt: NOW } });
  assert.equal(actionOf(planLogin(again)), "login");
});

Deno.test("login: no login within boot-timeout is given up with the last error and the console", () => {
  const waitingOn = { reason: "login", message: "connection refused", since: NOW } as const;
  for (const attempt of [1, 30]) {
    const fields = { ...addressed, attempt, waitingOn };
    const failure = givenUp(planLogin(situation(states.login, { fields, now: NOW + MINUTE })));
    assert.deepEqual(failure, {
      serverId: "s7",
      kind: "ssh",
      message: "no login within 120 s of ACTIVE: connection refused",
      wantsConsole: true,
    });
  }
});

Deno.test("login: an attempt that was due before boot-timeout was over is made, however late", () => {
  const at = (retryAt: number) =>
    situation(states.login, { fields: { ...addressed, attempt: 9, retryAt }, now: NOW + 60 * MINUTE });
  assert.equal(actionOf(planLogin(at(NOW + MINUTE - 1))), "login");
  assert.equal(givenUp(planLogin(at(NOW + MINUTE))).kind, "ssh");
});

Deno.test("login: a node that was never tried gets one attempt, however late", () => {
  const at = situation(states.login, { fields: addressed, now: NOW + 60 * MINUTE });
  assert.equal(actionOf(planLogin(at)), "login");
});

Deno.test("login: a server in ERROR or no longer there, and a node without an address, are given up", () => {
  const fields = addressed;
  assert.equal(givenUp(planLogin(situation(states.login, { fields, seen: inError }))).kind, "status");
  assert.equal(givenUp(planLogin(situation(states.login, { fields, seen: vanished }))).kind, "vanished");
  assert.equal(givenUp(planLogin(situation(states.login))).kind, "ssh");
});
