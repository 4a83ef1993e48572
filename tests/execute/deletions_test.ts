/** The one place through which things on a cloud are deleted: what is sent, what is refused, and what is told. */
import assert from "node:assert/strict";
import { CloudError } from "../../src/domain/cloud_error.ts";
import type { DeleteCall } from "../../src/cloud/cloud.ts";
import type { NodeRecord, NodeState } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import type { ProviderImage } from "../../src/domain/provider_image.ts";
import {
  type DeletionOrder,
  DeletionRefusedError,
  type DeletionReport,
  type RefusalKind,
} from "../../src/execute/deletions.ts";
import { floatingIp, node, NOW, states } from "../plan/plan_fixtures.ts";
import { sampleImage } from "../views/sample_images.ts";
import { deletionsOf, gate, type Scripted, scriptedCloud } from "./execute_fixtures.ts";

const { signal } = new AbortController();
const leak = { type: "leak", reason: "node 7 has ended", portId: null } as const;
const ofLeak = (kind: DeletionOrder["kind"], id: string, name: string | null = null): DeletionOrder => ({
  kind,
  id,
  name,
  of: leak,
});
const ofNode = (kind: DeletionOrder["kind"], id: string, of: NodeRecord): DeletionOrder => ({
  kind,
  id,
  name: of.hostname,
  of: { type: "node", node: of },
});
const ofImage = (kind: DeletionOrder["kind"], id: string, of: ProviderImage): DeletionOrder => ({
  kind,
  id,
  name: id,
  of: { type: "image", image: of },
});

const providerImage = (state: ProviderImage["state"], fields: Partial<ProviderImage> = {}) =>
  sampleImage({ id: 5, state, ...fields });

const accepted = () => Promise.resolve("accepted" as const);

/** Deletions over records that the test may change at any time. */
function kitOf(
  { nodes = [], images = [], cloud = {} }: {
    nodes?: readonly NodeRecord[];
    images?: readonly ProviderImage[];
    cloud?: Scripted;
  } = {},
) {
  const living = {
    nodeIndex: NodeIndex.of(nodes),
    images: new Map(images.map((each) => [each.id, each])),
  };
  const scripted = scriptedCloud({
    getFloatingIp: (id) => Promise.resolve(floatingIp(id)),
    deleteServer: accepted,
    deleteFloatingIp: accepted,
    deleteImage: accepted,
    deleteKeypair: accepted,
    ...cloud,
  });
  const reports: DeletionReport[] = [];
  let frozen: string | null = null;
  const deletions = deletionsOf(scripted, living, { reports, whyFrozen: () => frozen });
  return {
    living,
    deletions,
    reports,
    freeze: (why: string) => frozen = why,
    run: (order: DeletionOrder) => deletions.carryOut(order, { signal }),
    sent: () =>
      scripted.calls.filter(({ method }) => method.startsWith("delete")).map(({ subject }) => subject),
  };
}

async function refusal(kit: ReturnType<typeof kitOf>, order: DeletionOrder): Promise<[RefusalKind, string]> {
  const error = await kit.run(order).then(() => null, (error: unknown) => error);
  assert.ok(error instanceof DeletionRefusedError, `not refused: ${error}`);
  assert.deepEqual(kit.sent(), []);
  return [error.kind, error.message];
}

Deno.test("whatever its marks say, a server that any living record names is no leak, in whatever phase that is", async () => {
  for (const state of Object.values(states)) {
    if (!("serverId" in state)) continue;
    const kit = kitOf({ nodes: [node(state, { id: 3, provider: "cloud-b" })] });
    const [kind, message] = await refusal(kit, ofLeak("server", "s7"));
    assert.equal(kind, "in-use");
    assert.match(message, /^s7 belongs to node 3 \(/);
  }
});

Deno.test("the server that an image is being made on is no leak, that of one that is made is", async () => {
  const made = providerImage({ phase: "saving", externalId: "i5" }, { serverId: "s7" });
  assert.match((await refusal(kitOf({ images: [made] }), ofLeak("server", "s7")))[1], /belongs to image/);
  const ready = providerImage({ phase: "ready", externalId: "i5" }, { serverId: "s7" });
  assert.equal(await kitOf({ images: [ready] }).run(ofLeak("server", "s7")), "accepted");
});

Deno.test("a floating IP, an image and a keypair that a living record names are no leaks", async () => {
  const own = { id: "f7", address: "203.0.113.7" };
  const addresses = { login: "203.0.113.7", publicV4: "203.0.113.7", publicV6: null, privateV4: null };
  const [withIp, withAddress] = [node(states.used, { floatingIp: own }), node(states.used, { addresses })];
  assert.equal((await refusal(kitOf({ nodes: [withIp] }), ofLeak("floating-ip", "f7")))[0], "in-use");
  const byAddress = ofLeak("floating-ip", "f9", "203.0.113.7");
  assert.equal((await refusal(kitOf({ nodes: [withAddress] }), byAddress))[0], "in-use");

  const ready = providerImage({ phase: "ready", externalId: "i5" });
  assert.equal((await refusal(kitOf({ images: [ready] }), ofLeak("image", "i5")))[0], "in-use");
  const booted = node(states.used, { imageId: "i5" });
  assert.equal((await refusal(kitOf({ nodes: [booted] }), ofLeak("image", "i5")))[0], "in-use");

  const keypair = { name: "k5", publicKey: "", privateKey: "" };
  const building = providerImage({ phase: "server", nodeId: 1 }, { keypair });
  assert.equal((await refusal(kitOf({ images: [building] }), ofLeak("keypair", "k5")))[0], "in-use");
});

Deno.test("the same private address on another cloud makes no floating IP ours", async () => {
  const addresses = { login: "10.0.0.7", publicV4: null, publicV6: null, privateV4: "10.0.0.7" };
  const kit = kitOf({ nodes: [node(states.used, { addresses, provider: "cloud-b" })] });
  assert.equal(await kit.run(ofLeak("floating-ip", "f9", "10.0.0.7")), "accepted");
});

Deno.test("a node's server is deleted only while the node is to lose that very server", async () => {
  const planned = node(states["delete-server"]);
  const since: readonly NodeState[] = [
    states.hold,
    states.used,
    states["delete-address"],
    { ...states["delete-server"], serverId: "s8" },
    { ...states["delete-server"], acceptedAt: NOW },
  ];
  for (const state of since) {
    const kit = kitOf({ nodes: [node(state)] });
    assert.equal((await refusal(kit, ofNode("server", "s7", planned)))[0], "stale", state.phase);
  }
  const failed = kitOf({ nodes: [node(states["delete-server"], { attempt: 1 })] });
  assert.equal((await refusal(failed, ofNode("server", "s7", planned)))[0], "stale");
  assert.equal((await refusal(kitOf(), ofNode("server", "s7", planned)))[0], "stale", "it has ended");
  const asked = node({ ...states["delete-server"], askedAt: NOW });
  assert.equal(await kitOf({ nodes: [asked] }).run(ofNode("server", "s7", asked)), "accepted");
});

Deno.test("a node's server that another node names too is not deleted with it", async () => {
  const planned = node(states["delete-server"]);
  const kit = kitOf({ nodes: [planned, node(states.used, { id: 8 })] });
  assert.deepEqual(await refusal(kit, ofNode("server", "s7", planned)), [
    "in-use",
    "s7 belongs to node 8 (used)",
  ]);
});

Deno.test("a builder's server goes with it, although its image names it too", async () => {
  const builder = node(states["delete-server"], { role: "builder", providerImageId: 5 });
  const image = providerImage({ phase: "saving", externalId: "i5" }, { id: 5, serverId: "s7" });
  const kit = kitOf({ nodes: [builder], images: [image] });
  assert.equal(await kit.run(ofNode("server", "s7", builder)), "accepted");
});

Deno.test("an image and its keypair are deleted only while the record is to lose them", async () => {
  const keypair = { name: "k5", publicKey: "", privateKey: "" };
  const deleting = { phase: "delete", externalId: "i5", lostAt: null, acceptedAt: null } as const;
  const planned = providerImage(deleting, { keypair });
  const kit = kitOf({ images: [planned] });
  assert.equal(await kit.run(ofImage("image", "i5", planned)), "accepted");
  assert.equal(await kit.run(ofImage("keypair", "k5", planned)), "accepted");

  const asked = kitOf({ images: [providerImage({ ...deleting, acceptedAt: NOW })] });
  assert.equal((await refusal(asked, ofImage("image", "i5", planned)))[0], "stale");
  assert.equal((await refusal(asked, ofImage("keypair", "k5", planned)))[0], "stale", "it has none any more");
});

Deno.test("an image that a server is being booted from is not deleted", async () => {
  const deleting = { phase: "delete", externalId: "i5", lostAt: null, acceptedAt: null } as const;
  const planned = providerImage(deleting, { provider: "cloud-a" });
  const booting = kitOf({ images: [planned], nodes: [node(states.boot, { imageId: "i5" })] });
  assert.equal((await refusal(booting, ofImage("image", "i5", planned)))[0], "in-use");
  const booted = kitOf({ images: [planned], nodes: [node(states.used, { imageId: "i5" })] });
  assert.equal(await booted.run(ofImage("image", "i5", planned)), "accepted");
});

Deno.test("a floating IP that somebody has attached to something else is theirs", async () => {
  const own = { id: "f7", address: "203.0.113.7", portId: "p7" };
  const leaving = node(states["delete-address"], { floatingIp: own });
  const at = (portId: string | null) =>
    kitOf({
      nodes: [leaving],
      cloud: { getFloatingIp: (id) => Promise.resolve(floatingIp(id, { portId })) },
    });
  const order = ofNode("floating-ip", "f7", leaving);
  assert.deepEqual(await refusal(at("p9"), order), ["moved", "somebody has attached it to port p9"]);
  assert.equal((await refusal(at("p7"), ofLeak("floating-ip", "f7")))[0], "in-use", "node 7 has it");
  for (const portId of ["p7", null]) assert.equal(await at(portId).run(order), "accepted");
});

Deno.test("a floating IP that is gone already is not asked for", async () => {
  const kit = kitOf({ cloud: { getFloatingIp: () => Promise.resolve(null) } });
  assert.equal(await kit.run(ofLeak("floating-ip", "f7")), "gone");
  assert.deepEqual(kit.sent(), []);
});

Deno.test("what becomes of the records while the floating IP is looked at counts", async () => {
  const answer = gate<ReturnType<typeof floatingIp>>();
  const kit = kitOf({ cloud: { getFloatingIp: answer.run } });
  const deletion = refusal(kit, ofLeak("floating-ip", "f7"));
  kit.living.nodeIndex.put(7, node(states.used, { floatingIp: { id: "f7", address: "203.0.113.7" } }));
  answer.open(floatingIp("f7"));
  assert.equal((await deletion)[0], "in-use");
});

Deno.test("the ledger is asked again when a request's turn has come, and before each repetition", async () => {
  const turn = gate<void>();
  let sent = 0;
  const deleteServer = async (_id: string, { confirm }: DeleteCall) => {
    await turn.run();
    confirm?.();
    sent++;
    return "accepted" as const;
  };
  const kit = kitOf({ cloud: { deleteServer } });
  const deletion = kit.run(ofLeak("server", "s7"));
  kit.living.nodeIndex.put(3, node(states.used, { id: 3 }));
  turn.open();
  await assert.rejects(deletion, /s7 belongs to node 3 \(used\)/);
  assert.equal(sent, 0);
});

Deno.test("nothing at all is deleted on a provider whose deletions are frozen", async () => {
  const planned = node(states["delete-server"]);
  const kit = kitOf({ nodes: [planned] });
  kit.freeze("another daemon is at work there");
  assert.deepEqual(await refusal(kit, ofNode("server", "s7", planned)), [
    "frozen",
    "another daemon is at work there",
  ]);
  assert.equal((await refusal(kit, ofLeak("keypair", "k5")))[0], "frozen");
  assert.deepEqual(kit.reports, [], "that they are frozen is told once for all");
});

Deno.test("each deletion is told with its cause; what is refused or fails in the same way again is told once", async () => {
  let requests = 0;
  const conflict = () => {
    const requestId = `req-${++requests}`;
    return new CloudError("conflict", `it is locked (${requestId})`, { effect: "none", requestId });
  };
  const kit = kitOf({
    nodes: [node(states.used, { id: 3 })],
    cloud: { deleteImage: () => Promise.reject(conflict()) },
  });
  await kit.run(ofLeak("server", "s1"));
  for (let time = 0; time < 3; time++) {
    await kit.run(ofLeak("server", "s7")).catch(() => {});
    await kit.run(ofLeak("image", "i1")).catch(() => {});
  }
  assert.deepEqual(
    kit.reports.map(({ provider, order: { id, of }, outcome }) => [provider, id, of, outcome]),
    [
      ["cloud-a", "s1", leak, "accepted"],
      ["cloud-a", "s7", leak, "refused"],
      ["cloud-a", "i1", leak, "failed"],
    ],
  );
});

Deno.test("that a plan was stale is not worth telling", async () => {
  const kit = kitOf({ nodes: [node(states.hold)] });
  await kit.run(ofNode("server", "s7", node(states["delete-server"]))).catch(() => {});
  assert.deepEqual(kit.reports, []);
});
