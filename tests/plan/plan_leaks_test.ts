/** What is deleted on a cloud for want of a node: the worst mistakes the pool could make are here. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Apart } from "../../src/domain/defect.ts";
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import { serverIdOf } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import type { FloatingIp, Server, ServerListing } from "../../src/domain/server.ts";
import { Inventory } from "../../src/domain/inventory.ts";
import { lineageOf } from "../../src/domain/lineage.ts";
import { floatingIpDescription, markedNodeId } from "../../src/domain/server_marks.ts";
import { MINUTE } from "../../src/domain/time.ts";
import { keypairName } from "../../src/domain/image_marks.ts";
import type { ProviderImage, ProviderImageState } from "../../src/domain/provider_image.ts";
import { findUnknownServers } from "../../src/plan/find_unknown_servers.ts";
import { leakCheckAge, type LeakInput, planLeaks, planLeft } from "../../src/plan/plan_leaks.ts";
import { sampleImage } from "../views/sample_images.ts";
import { cloudImageOf, sightings } from "./images/image_fixtures.ts";
import {
  floatingIp,
  INSTALLATION,
  inventory,
  marks,
  node,
  NOW,
  provider,
  seen,
  server,
  states,
  together,
} from "./plan_fixtures.ts";

const byId = (list: readonly NodeRecord[]) => new Map(list.map((each) => [each.id, each]));
const ended = byId([node(states["delete-address"])]);

function leaks(fields: Partial<LeakInput> = {}) {
  const { nodes = new Map() } = fields;
  return planLeaks({ ...leakInput(), nodeIndex: NodeIndex.of(nodes.values()), ...fields });
}

function leakInput(): LeakInput {
  return {
    provider: provider(),
    seen: seen({ servers: [server("s7")] }),
    installation: INSTALLATION,
    nodes: new Map(),
    nodeIndex: NodeIndex.of([]),
    ended,
    images: new Map(),
    keypairs: null,
    isAsked: () => false,
    most: 50,
    apart: together,
  };
}

const ofServers = (...servers: Server[]) => ({ seen: seen({ servers }) });

Deno.test("a leak whose deletion was accepted a short while ago is not asked for again, and takes no place", () => {
  const two = seen({ servers: [server("s7"), server("s8")] });
  const isAsked = ({ id }: { id: string }) => id === "s7";
  assert.deepEqual(leaks({ seen: two, isAsked, most: 1 }).map(({ id }) => id), ["s8"]);
});

Deno.test("a server whose node has ended is a leak", () => {
  assert.deepEqual(leaks(), [{
    type: "server",
    provider: "cloud-a",
    id: "s7",
    name: "noble-cloud-a-7.example.org",
    reason: "node 7 has ended",
    portId: null,
  }]);
});

Deno.test("a server beside the one that its node has is a leak, the node's own never is", () => {
  const found = leaks({ ...ofServers(server("s7"), server("s8")), nodes: byId([node(states.ready)]) });
  assert.deepEqual(found.map(({ id, reason }) => [id, reason]), [[
    "s8",
    "node 7 has a different server, s7",
  ]]);
});

Deno.test("a server whose node does not know its own yet is no leak", () => {
  const unsure: NodeState[] = [
    { ...states.create, sentAt: NOW },
    { ...states.create, sentAt: NOW, lostAt: NOW },
    { ...states.hold, serverId: null, lostAt: NOW },
    { ...states["delete-server"], serverId: null, lostAt: NOW },
    states["delete-address"],
  ];
  for (const state of unsure) assert.deepEqual(leaks({ nodes: byId([node(state)]) }), [], state.phase);
});

Deno.test("what another copy of the state has made is no leak, whatever node or image has ended here under its id", () => {
  const run = (number: number, id: string) => ({ number, id, startedAt: 0, firstIds: { node: 1, image: 1 } });
  const record = sampleImage({ id: 7, state: { phase: "gone" } });
  const description = floatingIpDescription(INSTALLATION, 7, "other");
  const properties = { ...cloudImageOf(record).properties, nodepool_run: "other" };
  const metadata = { ...marks(7), nodepool_run: "other" };
  const found = (present: string) => {
    const own = new Inventory(INSTALLATION, "cloud-a", lineageOf(() => [run(1, present)], () => 100));
    for (const startedAt of [NOW - MINUTE, NOW]) {
      const servers = [server("s7", { metadata })];
      own.apply({ kind: "complete", startedAt, cloudTime: startedAt, cloudAhead: null, servers });
    }
    const floatingIps = floatingIpsSince(NOW - 10 * MINUTE, [floatingIp("f7", { description })]);
    const images = sightings([cloudImageOf(record, { properties })]);
    const observation = seen({ inventory: own, floatingIps, images });
    return leaks({ seen: observation, images: new Map([[7, record]]) }).map(({ id }) => id);
  };
  assert.deepEqual(found("other"), ["s7", "f7", "image-7"]);
  assert.deepEqual(found("this one"), []);
});

Deno.test("a server whose cell is down is no leak: nothing can be said of it", () => {
  assert.deepEqual(leaks(ofServers(server("s7", { status: "UNKNOWN" }))), []);
});

Deno.test("a server that was in one complete listing only is no leak yet", () => {
  assert.deepEqual(leaks({ seen: seen({ inventory: inventory([server("s7")], NOW) }) }), []);
});

Deno.test("a server that only deltas showed is no leak yet, however often", () => {
  const deltas = inventory([], NOW - 9, NOW - 8);
  for (const startedAt of [NOW - 7, NOW - 6, NOW - 5]) {
    deltas.apply({
      kind: "delta",
      startedAt,
      cloudTime: startedAt,
      cloudAhead: null,
      servers: [server("s7")],
    });
  }
  assert.deepEqual(leaks({ seen: seen({ inventory: deltas }) }), []);
});

Deno.test("a server is no leak before it is two minutes old by the cloud's own clock, nor without an age", () => {
  const born = (createdAt: number | null) => leaks(ofServers(server("s7", { createdAt }))).length;
  assert.deepEqual([born(NOW - 2 * MINUTE), born(NOW - 2 * MINUTE + 1), born(null)], [1, 0, 0]);
});

Deno.test("a server without marks, of another installation or of no node is never a leak", () => {
  const foreign = [
    server("a", { metadata: {} }),
    server("b", { metadata: marks(7, "another installation") }),
    server("c", { metadata: { ...marks(7), nodepool: '{"snapshot_image_id": 7}' } }),
  ];
  assert.deepEqual(leaks(ofServers(...foreign)), []);
});

Deno.test("a server of a node that this state never had is left alone, and found as unknown", () => {
  const found = seen({ servers: [server("s9", { nodeId: 9 }), server("s7"), server("s8", { nodeId: 8 })] });
  assert.deepEqual(leaks({ seen: found }).map(({ id }) => id), ["s7"]);
  const unknown = findUnknownServers(found, { provider: "cloud-a", nodes: new Map(), ended });
  assert.deepEqual(unknown, [
    { id: "s8", name: "noble-cloud-a-8.example.org", nodeId: 8 },
    { id: "s9", name: "noble-cloud-a-9.example.org", nodeId: 9 },
  ]);
});

Deno.test("a server that a living node names is not unknown, whatever its metadata says", () => {
  const found = seen({ servers: [server("s8", { nodeId: 900 })] });
  const nodes = byId([node({ ...states.used, serverId: "s8" }, { id: 8 })]);
  assert.deepEqual(findUnknownServers(found, { provider: "cloud-a", nodes, ended }), []);
});

Deno.test("a server of a node that another provider has or had is left alone", () => {
  const elsewhere = { provider: "cloud-b" };
  assert.deepEqual(leaks({ ended: byId([node(states["delete-address"], elsewhere)]) }), []);
  const second = byId([node({ ...states.ready, serverId: "s1" }, elsewhere)]);
  assert.deepEqual(leaks({ nodes: second, ended: new Map() }), []);
  const unknown = findUnknownServers(seen({ servers: [server("s7")] }), {
    provider: "cloud-a",
    nodes: second,
    ended: new Map(),
  });
  assert.deepEqual(unknown.map(({ id }) => id), ["s7"]);
});

Deno.test("a server that a living record names is no leak, whatever its metadata says", () => {
  const edited = {
    "an ended node's id": marks(7),
    "another living node's id": marks(9),
    "an ended subnode's id": { ...marks(9), nodepool_node: "7" },
  };
  for (const [how, metadata] of Object.entries(edited)) {
    for (const phase of ["ready", "used", "hold", "delete-server"] as const) {
      const own = node({ ...states[phase], serverId: "s8" } as NodeState, { id: 8, provider: "cloud-b" });
      const nodes = byId([own, node({ ...states.used, serverId: "s9" }, { id: 9 })]);
      assert.deepEqual(leaks({ ...ofServers(server("s8", { metadata })), nodes }), [], `${how}, ${phase}`);
    }
  }
});

Deno.test("a pass deletes no more than it may", () => {
  const many = Array.from({ length: 9 }, (_, index) => server(`s${index}`));
  assert.equal(leaks({ ...ofServers(...many), most: 4 }).length, 4);
});

const attached = floatingIp("f7", { portId: "p7" });

function floatingIpsSince(since: number, value: readonly FloatingIp[]) {
  return { takenAt: NOW, value, since: new Map(value.map(({ id }) => [id, since])) };
}

function ofFloatingIps(
  value: readonly FloatingIp[],
  { since = NOW - 5 * MINUTE, clean = false, ended: node }: {
    since?: number;
    clean?: boolean;
    ended?: NodeRecord;
  } = {},
) {
  return leaks({
    provider: provider({ cleanFloatingIps: clean }),
    seen: seen({ floatingIps: floatingIpsSince(since, value) }),
    ...(node === undefined ? {} : { ended: byId([node]) }),
  });
}

Deno.test("a floating IP whose node has ended is a leak once it has been unattached for a minute", () => {
  const found = (since: number) => ofFloatingIps([floatingIp("f7")], { since });
  assert.deepEqual(found(NOW - MINUTE).map(({ type, id }) => [type, id]), [["floating-ip", "f7"]]);
  assert.deepEqual(found(NOW - MINUTE + 1), []);
});

Deno.test("a floating IP that is attached belongs to whoever did that, unless it is where its node had it", () => {
  const own = { id: "f7", address: "203.0.113.7" };
  const of = (floatingIp: NodeRecord["floatingIp"]) => node(states["delete-address"], { floatingIp });
  assert.deepEqual(ofFloatingIps([attached]), []);
  assert.deepEqual(ofFloatingIps([attached], { ended: of(own) }), []);
  assert.deepEqual(ofFloatingIps([attached], { ended: of({ ...own, portId: "p8" }) }), []);
  assert.deepEqual(ofFloatingIps([attached], { ended: of({ ...own, id: "f8", portId: "p7" }) }), []);
  const [leak] = ofFloatingIps([attached], { ended: of({ ...own, portId: "p7" }) });
  assert.deepEqual([leak?.id, leak?.portId], ["f7", "p7"]);
});

Deno.test("a floating IP that had been moved when its node ended is no leak later either", () => {
  const floatingIp = { id: "f7", address: "203.0.113.7", portId: "p7", isMoved: true };
  const ended = node(states["delete-address"], { floatingIp });
  assert.deepEqual(ofFloatingIps([attached, { ...attached, portId: null }], { ended }), []);
});

Deno.test("a floating IP of a node in the pool, or of one that this state never had, is left alone", () => {
  const floatingIps = floatingIpsSince(NOW - MINUTE, [floatingIp("f7")]);
  assert.deepEqual(leaks({ seen: seen({ floatingIps }), nodes: byId([node(states.login)]) }), []);
  assert.deepEqual(ofFloatingIps([floatingIp("f8", { nodeId: 8 })]), []);
  assert.deepEqual(ofFloatingIps([floatingIp("f8", { nodeId: 8 })], { clean: true }), []);
});

Deno.test("a floating IP of an ended node is to be looked at again soon, until it is known for a leak", () => {
  const age = (ip: FloatingIp, { since = NOW, nodes = new Set<number>() } = {}) =>
    leakCheckAge(floatingIpsSince(since, [ip]), { installation: INSTALLATION, nodes });
  assert.equal(age(floatingIp("f7")), MINUTE);
  assert.equal(age(floatingIp("f7"), { since: NOW - MINUTE }), null);
  assert.equal(age(floatingIp("f7"), { nodes: new Set([7]) }), null);
  assert.equal(age(attached), null);
  assert.equal(age(floatingIp("f7", { description: "" })), null);
  assert.equal(leakCheckAge(null, { installation: INSTALLATION, nodes: new Set() }), null);
});

Deno.test("what others made is touched only by clean-floating-ips, and only where no port has it", () => {
  const others = [floatingIp("f1", { description: "" }), floatingIp("f2", { description: "", portId: "p1" })];
  assert.deepEqual(ofFloatingIps(others), []);
  assert.deepEqual(ofFloatingIps(others, { clean: true }).map(({ id }) => id), ["f1"]);
  assert.deepEqual(ofFloatingIps(others, { clean: true, since: NOW - 5 * MINUTE + 1 }), []);
});

const imageStates: Readonly<Record<"gone" | "ready" | "saving" | "keypair" | "deleted", ProviderImageState>> =
  {
    gone: { phase: "gone" },
    ready: { phase: "ready", externalId: "image-3" },
    saving: { phase: "saving", externalId: "image-3" },
    keypair: { phase: "keypair" },
    deleted: { phase: "delete", externalId: null, lostAt: NOW, acceptedAt: null },
  };

const imageRecord = (state: ProviderImageState, fields: Partial<ProviderImage> = {}) =>
  sampleImage({ id: 3, state, keypair: null, ...fields });

/** Leaks where the cloud has that image of record 3, in its last two listings. */
function ofImages(
  record: ProviderImage,
  { before, ...fields }: Parameters<typeof cloudImageOf>[1] & { before?: [] } = {},
) {
  const found = cloudImageOf(record, fields);
  return leaks({
    seen: seen({ images: sightings([found], before && { before }) }),
    images: new Map([[3, record]]),
  });
}

Deno.test("an image whose record is gone, or has a different image, is a leak once it was listed twice", () => {
  const gone = imageRecord(imageStates.gone);
  const name = gone.hostname;
  assert.deepEqual(ofImages(gone), [
    { type: "image", provider: "cloud-a", id: "image-3", name, reason: "image 3 is deleted", portId: null },
  ]);
  assert.deepEqual(ofImages(gone, { before: [] }), []);
  const second = ofImages(imageRecord(imageStates.ready), { id: "image-9" });
  assert.deepEqual(second.map(({ id, reason }) => [id, reason]), [
    ["image-9", "image 3 has a different image, image-3"],
  ]);
});

Deno.test("an image that its record knows, or may still come to know, is no leak", () => {
  for (const state of [imageStates.ready, imageStates.saving, imageStates.deleted, imageStates.keypair]) {
    assert.deepEqual(ofImages(imageRecord(state)), [], state.phase);
  }
});

Deno.test("an image of another name, provider, installation or record is never a leak", () => {
  const gone = imageRecord(imageStates.gone);
  // A snapshot of a server that was booted from our image inherits the marks, and one may rename an image.
  assert.deepEqual(ofImages(gone, { name: "somebody's copy" }), []);
  const properties = { ...cloudImageOf(gone).properties, nodepool_image_name: "somebody's copy" };
  assert.deepEqual(ofImages(gone, { name: "somebody's copy", properties }), []);
  assert.deepEqual(ofImages({ ...gone, provider: "cloud-b" }), []);
  const ofAnother = new Map([[3, { ...gone, provider: "cloud-b" }]]);
  const found = seen({ images: sightings([cloudImageOf(gone)]) });
  assert.deepEqual(leaks({ seen: found, images: ofAnother }), []);
  const another = cloudImageOf(gone).properties;
  assert.deepEqual(ofImages(gone, { properties: { ...another, nodepool_installation: "another" } }), []);
  assert.deepEqual(ofImages(gone, { properties: { ...another, nodepool_image_id: "4" } }), []);
  assert.deepEqual(ofImages(gone, { properties: {} }), []);
});

Deno.test("an image that another record names, or that a server was booted from, is no leak whatever its properties say", () => {
  const gone = imageRecord(imageStates.gone);
  const images = new Map([[3, gone], [
    4,
    sampleImage({ id: 4, state: { phase: "ready", externalId: "image-3" } }),
  ]]);
  const found = seen({ images: sightings([cloudImageOf(gone)]) });
  assert.deepEqual(leaks({ seen: found, images }), []);
  const booted = byId([node(states.used, { id: 9, imageId: "image-3" })]);
  assert.deepEqual(leaks({ seen: found, images: new Map([[3, gone]]), nodes: booted }), []);
});

/** Leaks where the project has those keypairs and record 3 is about an image. */
function ofKeypairs(record: ProviderImage, names = [keypairName(INSTALLATION, 3)]) {
  return leaks({ seen: seen(), images: new Map([[3, record]]), keypairs: names });
}

Deno.test("a keypair whose image needs it no more is a leak", () => {
  for (const state of [imageStates.gone, imageStates.ready, imageStates.saving]) {
    assert.deepEqual(ofKeypairs(imageRecord(state)), [{
      type: "keypair",
      provider: "cloud-a",
      id: keypairName(INSTALLATION, 3),
      name: keypairName(INSTALLATION, 3),
      reason: "image 3 no longer needs a keypair",
      portId: null,
    }]);
  }
});

Deno.test("a keypair that is being made or used, or that is not ours, is no leak", () => {
  assert.deepEqual(ofKeypairs(imageRecord(imageStates.keypair)), []);
  const keypair = { name: keypairName(INSTALLATION, 3), publicKey: "public", privateKey: "private" };
  for (const state of Object.values(imageStates)) {
    assert.deepEqual(ofKeypairs(imageRecord(state, { keypair })), [], state.phase);
  }
  const gone = imageRecord(imageStates.gone);
  assert.deepEqual(ofKeypairs({ ...gone, provider: "cloud-b" }), []);
  const foreign = [keypairName("another", 3), keypairName(INSTALLATION, 4), "nodepool", "ada"];
  assert.deepEqual(ofKeypairs(gone, foreign), []);
});

const arbitraryServer = fc.record({
  id: fc.integer({ min: 1, max: 8 }).map((id) => `s${id}`),
  nodeId: fc.integer({ min: 1, max: 5 }),
  mark: fc.constantFrom("ours", "ours", "ours", "another's", "none"),
  age: fc.constantFrom(0, MINUTE, 2 * MINUTE, 60 * MINUTE),
  status: fc.constantFrom("ACTIVE", "ACTIVE", "ERROR", "BUILD", "DELETED"),
});

const arbitraryListings = fc.array(
  fc.record({
    kind: fc.constantFrom("complete" as const, "complete" as const, "delta" as const),
    servers: fc.uniqueArray(arbitraryServer, { selector: ({ id }) => id, maxLength: 6 }),
  }),
  { maxLength: 6 },
).map((list) =>
  list.map(({ kind, servers }, index): ServerListing => {
    const startedAt = NOW + index * MINUTE;
    const listed = servers.map(({ id, nodeId, mark, age, status }) =>
      server(id, {
        status,
        createdAt: startedAt - age,
        metadata: mark === "none" ? {} : marks(nodeId, mark === "ours" ? INSTALLATION : "another"),
      })
    );
    return { kind, startedAt, cloudTime: startedAt, cloudAhead: null, servers: listed };
  })
);

const arbitraryNodes = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 5 }),
    serverId: fc.option(fc.integer({ min: 1, max: 8 }).map((id) => `s${id}`)),
    provider: fc.constantFrom("cloud-a", "cloud-a", "cloud-a", "cloud-b"),
    isEnded: fc.boolean(),
  }),
  { selector: ({ id }) => id },
).map((list) => {
  const records = list.map(({ id, serverId, provider, isEnded }) => ({
    isEnded,
    record: node(isEnded ? states["delete-address"] : { ...states.hold, serverId }, { id, provider }),
  }));
  const of = (wanted: boolean) =>
    byId(records.filter(({ isEnded }) => isEnded === wanted).map(({ record }) => record));
  return { nodes: of(false), ended: of(true) };
});

Deno.test("whatever is listed and known, a leak is ours, known to no node, old, and in the last two complete listings", () => {
  let found = 0;
  fc.assert(
    fc.property(arbitraryListings, arbitraryNodes, (listings, { nodes, ended }) => {
      const made = new Inventory(INSTALLATION);
      for (const listing of listings) made.apply(listing);
      for (const { id } of leaks({ seen: seen({ inventory: made }), nodes, ended })) {
        found++;
        const shown = listings.findLast(({ servers }) => servers.some((each) => each.id === id));
        const last = shown?.servers.find((each) => each.id === id);
        const nodeId = last === undefined ? null : markedNodeId(last, INSTALLATION);
        assert.ok(nodeId !== null, "not ours by its latest marks");
        const of = nodes.get(nodeId) ?? ended.get(nodeId);
        assert.ok(of !== undefined && of.provider === "cloud-a", "of a node that we never had there");
        for (const living of nodes.values()) assert.notEqual(serverIdOf(living), id, "a living node's");
        if (nodes.has(nodeId)) assert.notEqual(serverIdOf(of), null, "the node does not know its own");
        assert.notEqual(last!.status, "DELETED");
        assert.ok(listings.at(-1)!.cloudTime - last!.createdAt! >= 2 * MINUTE, "young");
        const complete = listings.filter(({ kind }) => kind === "complete").slice(-2);
        assert.equal(complete.length, 2);
        for (const { servers } of complete) {
          assert.ok(servers.some((each) => each.id === id && each.status !== "DELETED"), "not seen twice");
        }
      }
    }),
    { numRuns: 3_000, seed: 4 },
  );
  assert.ok(found > 100, `only ${found} leaks: the property tests too little`);
});

Deno.test("a server that the cloud called gone while it was in use, and has again, is left and told", () => {
  const lost = { deletedBy: "cloud", result: "lost", timings: { used: NOW } } as const;
  const wasUsed = { ...node(states["delete-address"]), ...lost };
  const wasReady = { ...wasUsed, timings: { ready: NOW } };
  const wasSubnode = { ...wasReady, role: "subnode", parentId: 3 } as const;
  const wasReleased = { ...wasUsed, deletedBy: "job", result: "used" } as const;
  for (const [ending, count] of [[wasUsed, 0], [wasSubnode, 0], [wasReady, 1], [wasReleased, 1]] as const) {
    const input = { ...leakInput(), ended: byId([ending]) };
    assert.equal(planLeaks(input).length, count);
    assert.deepEqual([...planLeft(input)].map(({ id }) => id), count === 0 ? ["s7"] : []);
  }
});

Deno.test("a server that breaks the look for leaks is left alone, and the others are found", () => {
  const apart = new Apart("looking for");
  const two = seen({ servers: [server("s7"), server("s8", { nodeId: 8 })] });
  const serversOfNode = two.inventory.serversOfNode.bind(two.inventory);
  two.inventory.serversOfNode = (nodeId) => {
    if (nodeId === 7) throw new TypeError("nobody foresaw it");
    return serversOfNode(nodeId);
  };
  const others = byId([7, 8].map((id) => node(states["delete-address"], { id })));
  assert.deepEqual(leaks({ seen: two, ended: others, apart }).map(({ id }) => id), ["s8"]);
  assert.deepEqual(apart.defects.map(({ of }) => of), [{ kind: "leak", id: 7 }]);
});
