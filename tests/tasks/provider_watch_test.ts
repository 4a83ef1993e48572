import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { CloudErrorKind } from "../../src/domain/cloud_error_kind.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { type LookName, unchangedFor } from "../../src/domain/observation.ts";
import type { Quota } from "../../src/domain/server.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import { floatingIp, NOW, provider, quota, server, small } from "../plan/plan_fixtures.ts";
import { unreachable, watchKit } from "./task_fixtures.ts";

Deno.test("the first look takes everything that planning needs, and nothing that it does not", async () => {
  const kit = watchKit();
  kit.state.servers = [server("s7")];
  assert.equal(kit.watch.asked, false);
  assert.equal(await kit.observe(), MINUTE);
  assert.deepEqual(kit.asked(), {
    listServers: 1,
    listFlavors: 1,
    listNetworks: 1,
    findImages: 1,
    getQuota: 1,
  });
  const { inventory, catalog, quota, ports, floatingIps, failure } = kit.watch.observation;
  assert.deepEqual([...inventory.servers.keys()], ["s7"]);
  assert.deepEqual([catalog.flavors, catalog.images.get("noble")?.id], [[small], "i1"]);
  assert.deepEqual([quota?.takenAt, ports, floatingIps, failure], [NOW, null, null, null]);
  assert.equal(kit.watch.asked, true);
});

Deno.test("an idle provider is listed once a minute, its quota and catalog seldom", async () => {
  const kit = watchKit();
  await kit.observeFor(HOUR + SECOND);
  assert.deepEqual(kit.asked(), {
    listServers: 61,
    listFlavors: 2,
    listNetworks: 2,
    findImages: 2,
    getQuota: 5,
  });
});

Deno.test("while something is pending the changes since the last listing are asked for, with some overlap", async () => {
  const kit = watchKit();
  kit.state.servers = [server("s7", { updatedAt: NOW - MINUTE })];
  await kit.observe();
  kit.need({ pending: true, interval: 2 * SECOND });
  await kit.clock.advance(2 * SECOND);
  kit.cloud.calls.length = 0;
  assert.equal(await kit.observe(), 2 * SECOND);
  const [delta] = kit.cloud.calls;
  assert.equal((delta?.subject as { changesSince: number }).changesSince, NOW - MINUTE - 8 * SECOND);
  await kit.observeFor(30 * SECOND);
  assert.deepEqual(kit.asked(), { listServers: 16 });
});

Deno.test("deltas do not put off the complete listing of each minute", async () => {
  const kit = watchKit();
  kit.need({ pending: true });
  await kit.observeFor(5 * MINUTE);
  const complete = kit.cloud.calls.filter(({ method, subject }) =>
    method === "listServers" && (subject as { changesSince?: number }).changesSince === undefined
  );
  assert.equal(complete.length, 6);
});

Deno.test("a complete listing that somebody needs is made when its time comes, once", async () => {
  const kit = watchKit();
  kit.state.servers = [server("s7")];
  await kit.observe();
  kit.asked();
  kit.need({ completeSince: NOW + 5 * SECOND });
  assert.equal(await kit.observe(), 5 * SECOND);
  assert.deepEqual(kit.asked(), {});
  await kit.clock.advance(5 * SECOND);
  assert.equal(await kit.observe(), MINUTE);
  assert.deepEqual(kit.asked(), { listServers: 1 });
  assert.equal(kit.watch.observation.inventory.completeAt, NOW + 5 * SECOND);
});

Deno.test("where the complete listing that somebody needs shows nothing at all, one more follows soon", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.need({ completeSince: NOW + 5 * SECOND });
  await kit.clock.advance(5 * SECOND);
  kit.asked();
  assert.equal(await kit.observe(), 5 * SECOND);
  assert.ok(!kit.watch.observation.inventory.sawAllSince(NOW + 5 * SECOND));
  await kit.clock.advance(5 * SECOND);
  assert.equal(await kit.observe(), MINUTE);
  assert.ok(kit.watch.observation.inventory.sawAllSince(NOW + 5 * SECOND));
  assert.deepEqual(kit.asked(), { listServers: 2 });
});

Deno.test("from a thousand servers on, complete listings are made every five minutes only", async () => {
  const kit = watchKit();
  kit.state.servers = Array.from({ length: 1_000 }, (_, index) => server(`s${index}`, { nodeId: index }));
  await kit.observe();
  assert.equal(await kit.observe(), 5 * MINUTE);
});

Deno.test("a failed look changes nothing of what was seen, says since when it fails, and is repeated ever later", async () => {
  const kit = watchKit();
  kit.state.servers = [server("s7")];
  await kit.observe();
  kit.state.failing.set("all", unreachable);
  kit.state.servers = [];
  await kit.clock.advance(MINUTE);
  const since = kit.clock.now();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    pauses.push(await kit.observe() / SECOND);
    await kit.clock.advance(pauses.at(-1)! * SECOND);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  const { failure, inventory } = kit.watch.observation;
  assert.deepEqual([failure?.message, failure?.since], ["connection refused", since]);
  assert.deepEqual([[...inventory.servers.keys()], inventory.completeAt], [["s7"], NOW]);
  assert.equal(inventory.isAbsent("s7"), false);

  kit.state.failing.clear();
  await kit.observe();
  assert.equal(kit.watch.observation.failure, null);
  kit.state.failing.set("all", unreachable);
  await kit.clock.advance(MINUTE);
  assert.equal(await kit.observe(), SECOND);
});

Deno.test("a cloud that asks to be left alone for a while is looked at after that", async () => {
  const kit = watchKit();
  await kit.observe();
  await kit.clock.advance(MINUTE);
  const busy = new CloudError("unavailable", "busy", { retryAfter: 200 * SECOND, effect: "none" });
  kit.state.failing.set("all", busy);
  assert.equal(await kit.observe(), 200 * SECOND);
});

Deno.test("a provider that never answered has been asked, and nothing is concluded of it", async () => {
  const kit = watchKit();
  kit.state.failing.set("all", unreachable);
  await kit.observe();
  const { inventory, catalog, failure } = kit.watch.observation;
  assert.deepEqual([kit.watch.asked, inventory.completeAt, catalog.flavors], [true, null, null]);
  assert.equal(failure?.since, NOW);
});

Deno.test("a look that is broken off because the pool stops is no failure of the provider", async () => {
  const kit = watchKit();
  kit.state.failing.set("all", unreachable);
  const stopped = AbortSignal.abort(new Error("nodepool is stopping"));
  await assert.rejects(kit.watch.observe(stopped), /nodepool is stopping/);
  assert.equal(kit.watch.observation.failure, null);
});

Deno.test("a service that fails does not keep the servers from being listed", async () => {
  const kit = watchKit();
  kit.state.failing.set("findImages", unreachable);
  await kit.observe();
  await kit.clock.advance(MINUTE);
  kit.state.servers = [server("s7")];
  await kit.observe();
  assert.ok(kit.watch.observation.inventory.servers.has("s7"));
  assert.deepEqual([...kit.watch.observation.catalog.images], []);
});

Deno.test("an image that is missing or not active yet is looked up every 30 seconds", async () => {
  const kit = watchKit();
  const [image] = kit.state.images;
  kit.state.images = [{ ...image!, status: "queued" }];
  await kit.observe();
  assert.equal(kit.watch.observation.catalog.images.get("noble")?.status, "queued");
  await kit.clock.advance(30 * SECOND);
  kit.state.images = [{ ...image!, id: "i3", status: "saving" }, { ...image!, id: "i2" }];
  await kit.observe();
  assert.equal(kit.watch.observation.catalog.images.get("noble")?.id, "i2");
});

Deno.test("a catalog that a request proved wrong is taken again, at most every 30 seconds", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.asked();
  kit.watch.noteCatalogWrong();
  await kit.clock.advance(29 * SECOND);
  await kit.observe();
  assert.deepEqual(kit.asked(), {});
  await kit.clock.advance(SECOND);
  await kit.observe();
  await kit.clock.advance(30 * SECOND);
  await kit.observe();
  assert.equal(kit.asked()["listFlavors"], 1);
});

Deno.test("an image that the configuration names from now on is looked up at once", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.asked();
  kit.need({ baseImages: ["noble", "jammy"] });
  await kit.observe();
  assert.equal(kit.asked()["findImages"], 2);
});

Deno.test("an image that cannot be looked up stays as it was, is told, and keeps no other from being known", async () => {
  const [image] = watchKit().state.images;
  const refusing = new Set(["broken"]);
  const findImages = (name: string) =>
    refusing.has(name) ? Promise.reject(refused(500)) : Promise.resolve([{ ...image!, id: name }]);
  const kit = watchKit({ script: { findImages } });
  const known = () =>
    [...kit.watch.observation.catalog.images].map(([name, found]) => [name, found?.id]).toSorted();
  kit.need({ baseImages: ["broken", "noble"] });
  await kit.observe();
  assert.deepEqual(known(), [["noble", "noble"]]);
  assert.equal(kit.watch.observation.troubles.get("base-images")?.message, "refused (HTTP 500)");
  refusing.delete("broken");
  await kit.observeFor(MINUTE);
  assert.deepEqual(known(), [["broken", "broken"], ["noble", "noble"]]);
  assert.equal(kit.watch.observation.troubles.size, 0);
  refusing.add("noble");
  await kit.observeFor(HOUR);
  assert.deepEqual(known(), [["broken", "broken"], ["noble", "noble"]]);
  assert.equal(kit.watch.observation.troubles.size, 1);
  refusing.clear();
  await kit.observeFor(MINUTE);
  assert.equal(kit.watch.observation.troubles.size, 0, "it is looked up again soon");
});

Deno.test("ports are listed when a server became ACTIVE since, floating IPs when theirs are old", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.asked();
  kit.need({ portsSince: NOW, floatingIpAge: 5 * MINUTE });
  await kit.observe();
  assert.deepEqual(kit.asked(), { listPorts: 1, listFloatingIps: 1 });
  await kit.clock.advance(SECOND);
  await kit.observe();
  assert.deepEqual(kit.asked(), {});
  kit.need({ portsSince: NOW + SECOND, floatingIpAge: SECOND });
  await kit.observe();
  assert.deepEqual(kit.asked(), { listPorts: 1, listFloatingIps: 1 });
});

Deno.test("a floating IP counts as unchanged only since it has been in its present use", async () => {
  const kit = watchKit();
  kit.need({ floatingIpAge: SECOND });
  const unchanged = () => {
    const { floatingIps } = kit.watch.observation;
    return ["kept", "attached", "renamed", "new"].map((id) => unchangedFor(floatingIps, id));
  };
  kit.state.floatingIps = [floatingIp("kept"), floatingIp("attached"), floatingIp("renamed")];
  await kit.observe();
  assert.deepEqual(unchanged(), [0, 0, 0, 0]);
  await kit.clock.advance(SECOND);
  kit.state.floatingIps = [
    floatingIp("kept"),
    floatingIp("attached", { portId: "p1" }),
    floatingIp("renamed", { nodeId: 8 }),
    floatingIp("new"),
  ];
  await kit.observe();
  assert.deepEqual(unchanged(), [SECOND, 0, 0, 0]);
  await kit.clock.advance(SECOND);
  await kit.observe();
  assert.deepEqual(unchanged(), [2 * SECOND, SECOND, SECOND, SECOND]);
});

const refuse = (kit: ReturnType<typeof watchKit>, kind: CloudErrorKind, retryAfter: number | null = null) => {
  kit.watch.noteRefusal(new CloudError(kind, "no", { retryAfter, effect: "none" }), small.id);
  return (kit.watch.observation.refusal!.until - kit.clock.now()) / SECOND;
};

Deno.test("refusals one after the other pause ever longer, up to a minute, by kind", async () => {
  const cases = [
    ["quota", [5, 10, 20, 40, 60, 60]],
    ["capacity", [5, 10]],
    ["unauthorized", [15, 30]],
    ["unavailable", [1, 2, 4]],
  ] as const;
  for (const [kind, expected] of cases) {
    const kit = watchKit();
    for (const pause of expected) {
      assert.equal(refuse(kit, kind), pause, kind);
      await kit.clock.advance(pause * SECOND);
    }
  }
});

Deno.test("many requests that are refused together are one refusal", () => {
  const kit = watchKit();
  for (let request = 0; request < 16; request++) assert.equal(refuse(kit, "quota"), 5);
  assert.equal(kit.watch.observation.refusal?.count, 1);
});

Deno.test("Retry-After is kept where it is longer, and an accepted request ends the refusal", () => {
  const kit = watchKit();
  assert.equal(refuse(kit, "rateLimited", 90 * SECOND), 90);
  assert.deepEqual([kit.watch.observation.refusal?.kind, kit.watch.observation.refusal?.message], [
    "rateLimited",
    "no",
  ]);
  kit.watch.noteAccepted(small.id);
  assert.equal(kit.watch.observation.refusal, null);
});

Deno.test("after a refusal for quota the quota is read again", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.asked();
  refuse(kit, "quota");
  await kit.observe();
  assert.deepEqual(kit.asked(), { getQuota: 1 });
});

Deno.test("where a complete listing lacks a server, the changes since the one before may say why", async () => {
  const kit = watchKit();
  kit.state.servers = [server("s7")];
  await kit.observe();
  kit.expect("s7");
  kit.state.servers = [];
  kit.asked();
  await kit.clock.advance(MINUTE);
  await kit.observe();
  assert.deepEqual(kit.asked(), { listServers: 2 });
  assert.equal(kit.watch.observation.missing?.servers, 1);
});

const refused = (status: number) =>
  new CloudError(status === 404 ? "notFound" : "unavailable", `refused (HTTP ${status})`, { status });

Deno.test("what a launch does not need stops none: floating IPs, ports and images that a service refuses to list", async () => {
  const kit = watchKit({ script: { listOwnImages: () => Promise.reject(refused(503)) } });
  kit.need({ floatingIps: true, floatingIpAge: MINUTE, portsSince: NOW, imageAge: MINUTE });
  kit.state.failing.set("listPorts", refused(404));
  kit.state.failing.set("listFloatingIps", refused(500));
  await kit.observe();
  const { failure, troubles, catalog, quota, ports, floatingIps, images } = kit.watch.observation;
  assert.equal(failure, null);
  assert.ok(catalog.flavors !== null && quota !== null, "all that a launch needs is known");
  assert.deepEqual([ports, floatingIps, images], [null, null, null]);
  assert.deepEqual([...troubles].map(([look, { message }]) => [look, message]), [
    ["ports", "refused (HTTP 404)"],
    ["floating-ips", "refused (HTTP 500)"],
    ["images", "refused (HTTP 503)"],
  ]);
  kit.asked();
  await kit.observeFor(10 * MINUTE);
  assert.ok(kit.asked()["listFloatingIps"]! <= 20, "a refused list is asked for ever more seldom");
  kit.state.failing.clear();
  await kit.observeFor(2 * MINUTE);
  assert.deepEqual([...kit.watch.observation.troubles.keys()], ["images"]);
  assert.deepEqual(kit.watch.observation.floatingIps?.value, []);
});

Deno.test("a list of floating IPs from before it was refused is no ground for anything", async () => {
  const kit = watchKit();
  kit.state.floatingIps = [floatingIp("f7")];
  kit.need({ floatingIpAge: MINUTE });
  await kit.observe();
  assert.equal(kit.watch.observation.floatingIps?.value.length, 1);
  kit.state.failing.set("listFloatingIps", refused(403));
  await kit.observeFor(2 * MINUTE);
  assert.equal(kit.watch.observation.floatingIps, null);
});

Deno.test("a look that failed and is not needed any more is no longer stale", async () => {
  const kit = watchKit();
  kit.state.failing.set("listPorts", unreachable);
  kit.need({ portsSince: NOW });
  await kit.observe();
  assert.deepEqual(kit.watch.stale.map(({ look }) => look), ["ports"]);
  kit.need({ portsSince: null });
  await kit.observeFor(HOUR);
  assert.deepEqual(kit.watch.stale, []);
  kit.need({ portsSince: kit.clock.now() });
  await kit.observe();
  assert.deepEqual(kit.watch.stale.map(({ look }) => look), ["ports"]);
});

Deno.test("what cannot be listed again stays in use, what was never seen is not made up", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.state.failing.set("findImages", refused(503));
  await kit.observeFor(2 * HOUR);
  assert.equal(kit.watch.observation.failure, null);
  assert.equal(kit.watch.observation.catalog.images.get("noble")?.id, "i1");
  assert.deepEqual(kit.watch.stale.map(({ look, takenAt }) => [look, takenAt]), [["base-images", NOW]]);
  const other = watchKit();
  other.state.failing.set("listFlavors", refused(403));
  await other.observe();
  assert.equal(other.watch.observation.troubles.get("flavors")?.message, "refused (HTTP 403)");
  assert.equal(other.watch.observation.catalog.flavors, null);
});

Deno.test("networks that cannot be listed stop a provider that names some, and no other", async () => {
  for (
    const [networks, works] of [[[], true], [[{ id: null, name: "private", public: false }], false]] as const
  ) {
    const kit = watchKit({ provider: { ...provider(), networks, pool: null } as ProviderConfig });
    kit.state.failing.set("listNetworks", refused(404));
    await kit.observe();
    assert.equal(kit.watch.observation.troubles.has("networks"), !works);
    assert.equal(kit.watch.observation.catalog.networks !== null, works);
  }
});

Deno.test("a cloud without Neutron has no networks; one whose Neutron is down has those that it had", async () => {
  const bare = () => watchKit({ provider: { ...provider(), networks: [], pool: null } as ProviderConfig });
  const none = bare();
  none.state.failing.set("listNetworks", new CloudError("notFound", "the catalog has no network service"));
  await none.observe();
  assert.deepEqual(none.watch.observation.catalog.networks, []);
  for (const status of [500, 502, 503, 504]) {
    const down = bare();
    down.state.failing.set("listNetworks", refused(status));
    await down.observe();
    const networks = () => down.watch.observation.catalog.networks?.map(({ name }) => name);
    assert.equal(networks(), undefined);
    down.state.failing.clear();
    await down.observeFor(2 * MINUTE);
    const before = networks();
    assert.ok(before!.length > 0);
    down.state.failing.set("listNetworks", refused(status));
    await down.observeFor(2 * HOUR);
    assert.deepEqual(networks(), before);
  }
});

Deno.test("a service that takes us for nobody, does not answer or has had enough stops nothing else", async () => {
  for (
    const error of [
      unreachable,
      new CloudError("unauthorized", "who are you? (HTTP 401)", { status: 401 }),
      new CloudError("rateLimited", "too many (HTTP 429)", { status: 429 }),
    ]
  ) {
    const kit = watchKit();
    kit.need({ floatingIpAge: MINUTE });
    kit.state.failing.set("listFloatingIps", error);
    await kit.observe();
    const { failure, troubles, quota } = kit.watch.observation;
    assert.deepEqual([failure, [...troubles.keys()]], [null, ["floating-ips"]]);
    assert.notEqual(quota, null);
  }
});

const HANGING: Readonly<Record<string, LookName>> = {
  listFlavors: "flavors",
  listNetworks: "networks",
  findImages: "base-images",
  getQuota: "quota",
  getNetworkQuota: "network-quota",
  listPorts: "ports",
  listFloatingIps: "floating-ips",
  listOwnImages: "images",
};

for (const [method, look] of Object.entries(HANGING)) {
  Deno.test(`${look} that are never shown keep no listing of servers, and nothing else, waiting`, async () => {
    const hang = () => new Promise<never>(() => {});
    const listOwnImages = () => Promise.resolve([]);
    const kit = watchKit({ script: { listOwnImages, [method]: hang } });
    kit.need({ floatingIps: true, floatingIpAge: MINUTE, portsSince: NOW, imageAge: MINUTE });
    const first = kit.observe();
    await kit.clock.advance(20 * SECOND);
    await first;
    assert.deepEqual(kit.watch.stale.map(({ look }) => look), [look]);
    assert.match(kit.watch.stale[0]!.message, /no response/);
    for (let minute = 0; minute < 10; minute++) {
      const next = kit.observe();
      await kit.clock.advance(MINUTE);
      await next;
    }
    assert.ok(kit.asked()["listServers"]! >= 10);
    const { catalog, images: own, quota, ports, floatingIps, failure, troubles } = kit.watch.observation;
    const quotas = { quota: quota?.instances, networkQuota: quota?.ports };
    const seen = { ...catalog, ...quotas, own, ports, floatingIps };
    const known = Object.values(seen).filter((one) =>
      one instanceof Map ? one.size > 0 : one ?? null !== null
    );
    assert.equal(known.length, Object.keys(HANGING).length - 1, "all but what hangs is known");
    assert.deepEqual([failure, troubles.size], [null, 0]);
  });
}

Deno.test("a look that ends after its run has returned is told, and what it showed counts", async () => {
  const answer = Promise.withResolvers<Quota>();
  let late = 0;
  const kit = watchKit({ script: { getQuota: () => answer.promise }, onLate: () => late++ });
  const first = kit.observe();
  await kit.clock.advance(20 * SECOND);
  await first;
  assert.deepEqual([kit.watch.observation.quota, late], [null, 0]);
  answer.resolve(quota({ takenAt: NOW }));
  await kit.clock.advance(0);
  assert.deepEqual([kit.watch.observation.quota?.takenAt, kit.watch.stale, late], [NOW, [], 1]);
});

Deno.test("a quota that can no longer be read holds nothing back for more than a minute", async () => {
  const kit = watchKit();
  await kit.observe();
  kit.state.failing.set("getQuota", unreachable);
  kit.need({ quotaAge: 10 * SECOND });
  await kit.observeFor(30 * SECOND);
  assert.notEqual(kit.watch.observation.quota, null);
  await kit.observeFor(MINUTE);
  assert.equal(kit.watch.observation.quota, null);
});

Deno.test("a refusal for want of room concerns servers of that size and larger ones, any other concerns all", async () => {
  const kit = watchKit();
  kit.state.flavors = [small, { ...small, id: "tiny", ramMib: small.ramMib / 2 }];
  await kit.observe();
  const refuse = (kind: CloudErrorKind, flavor: string) => {
    kit.watch.noteRefusal(new CloudError(kind, "no", { effect: "none" }), flavor);
    return kit.watch.observation.refusal?.size?.ramMib ?? null;
  };
  assert.equal(refuse("quota", small.id), small.ramMib);
  kit.watch.noteAccepted("tiny");
  assert.equal(
    kit.watch.observation.refusal?.size?.ramMib,
    small.ramMib,
    "a smaller one tells nothing of it",
  );
  assert.equal(refuse("quota", "tiny"), small.ramMib / 2);
  assert.equal(refuse("quota", small.id), small.ramMib / 2, "nor makes a larger one more room");
  kit.watch.noteAccepted(small.id);
  assert.equal(kit.watch.observation.refusal, null);
  assert.equal(refuse("capacity", small.id), small.ramMib);
  kit.watch.noteAccepted(small.id);
  assert.equal(refuse("unauthorized", small.id), null);
});

Deno.test("a cloud that takes us for nobody says nothing of its ports", async () => {
  const kit = watchKit();
  for (const [status, isUnauthenticated] of [[401, true], [403, undefined]] as const) {
    kit.state.failing.set("listPorts", new CloudError("unauthorized", "no", { status }));
    kit.need({ portsSince: kit.clock.now() });
    await kit.observeFor(2 * MINUTE);
    const trouble = kit.watch.observation.troubles.get("ports");
    assert.deepEqual([trouble?.kind, trouble?.isUnauthenticated], ["unauthorized", isUnauthenticated]);
  }
});
