import assert from "node:assert/strict";
import { Inventory } from "../../src/domain/inventory.ts";
import type { Server, ServerListing } from "../../src/domain/server.ts";
import { serverMetadata } from "../../src/domain/server_marks.ts";

const installation = "6e1d2f0a-4a43-4c62-8a41-6d4c0d6d9b10";

/** A server of the given node; null: nobody's we know. */
function server(id: string, nodeId: number | null, status = "ACTIVE"): Server {
  const marks = { installation, image: "trusty", provider: "cloud-a" };
  return {
    id,
    name: id,
    status,
    taskState: null,
    createdAt: null,
    updatedAt: null,
    addresses: [],
    metadata: nodeId === null ? {} : serverMetadata({ ...marks, nodeId }),
    fault: null,
    zone: null,
  };
}

function listing(kind: ServerListing["kind"], startedAt: number, servers: readonly Server[]): ServerListing {
  return { kind, startedAt, cloudTime: startedAt + 7, cloudAhead: null, servers };
}

function inventoryAfter(...listings: ServerListing[]): Inventory {
  const inventory = new Inventory(installation);
  for (const each of listings) inventory.apply(each);
  return inventory;
}

const ids = (servers: Iterable<Server>) => [...servers].map(({ id }) => id);

Deno.test("a complete listing replaces what was seen before, a delta adds to it", () => {
  const complete = listing("complete", 100, [server("a", 1), server("b", 2)]);
  const delta = listing("delta", 200, [server("c", 3), server("b", 2, "DELETED")]);
  const inventory = inventoryAfter(complete, delta);
  assert.deepEqual(ids(inventory.servers.values()), ["a", "c"]);
  inventory.apply(listing("complete", 300, [server("d", 4)]));
  assert.deepEqual(ids(inventory.servers.values()), ["d"]);
});

Deno.test("apply() counts what it adds, removes and changes the status of", () => {
  const inventory = new Inventory(installation);
  assert.equal(inventory.apply(listing("complete", 100, [server("a", 1, "BUILD"), server("b", 2)])), 2);
  assert.equal(inventory.apply(listing("delta", 200, [server("a", 1, "ACTIVE"), server("b", 2)])), 1);
  assert.equal(inventory.apply(listing("complete", 300, [server("a", 1, "ACTIVE")])), 1);
  assert.equal(
    inventory.apply(listing("delta", 400, [server("a", 1, "DELETED"), server("z", 9, "DELETED")])),
    1,
  );
});

Deno.test("a server that comes, goes or begins to do something else has changed; one that is as it was has not", () => {
  const inventory = inventoryAfter(
    listing("complete", 100, [server("a", 1), server("b", 2), server("c", 3)]),
  );
  const read = inventory.changes.end;
  const deleting = { ...server("a", 1), taskState: "deleting" };
  inventory.apply(listing("complete", 200, [deleting, server("b", 2, "SHUTOFF"), server("c", 3)]));
  assert.deepEqual([...new Set(inventory.changes.since(read))].sort(), ["a", "b"]);
});

Deno.test("servers of others are those that the cloud shows without our installation's mark", () => {
  const strange = { ...server("x", 1), metadata: { nodepool_installation: "another" } };
  const otherProviders = {
    ...server("y", 2),
    metadata: serverMetadata({ installation, image: "trusty", provider: "cloud-b", nodeId: 2 }),
  };
  const unknown = { ...server("z", null, "UNKNOWN"), name: "" };
  const inventory = new Inventory(installation, "cloud-a");
  inventory.apply(
    listing("complete", 100, [server("a", 1), server("b", null), strange, otherProviders, unknown]),
  );
  assert.equal(inventory.otherCount, 2);
  inventory.apply(listing("delta", 200, [server("b", null, "DELETED"), server("x", 1)]));
  assert.equal(inventory.otherCount, 0);
});

Deno.test("a node's servers are those that carry its id and our installation", () => {
  const foreign = {
    ...server("x", 1),
    metadata: { ...server("x", 1).metadata, nodepool_installation: "another" },
  };
  const inventory = inventoryAfter(
    listing("complete", 100, [server("b", 1), server("a", 1), foreign, server("n", null)]),
  );
  assert.deepEqual(ids(inventory.serversOfNode(1)), ["a", "b"]);
  assert.deepEqual([...inventory.nodeIds()], [1]);
  inventory.apply(listing("complete", 200, [foreign]));
  assert.deepEqual([ids(inventory.serversOfNode(1)), [...inventory.nodeIds()]], [[], []]);
});

Deno.test("it says when everything was seen last, and the cloud's time of the last listing of either kind", () => {
  const inventory = new Inventory(installation);
  assert.deepEqual([inventory.completeAt, inventory.cloudTime, inventory.completeSince(0)], [
    null,
    null,
    false,
  ]);
  inventory.apply(listing("complete", 100, []));
  inventory.apply(listing("delta", 200, []));
  assert.deepEqual([inventory.completeAt, inventory.cloudTime], [100, 207]);
  assert.deepEqual([inventory.completeSince(100), inventory.completeSince(101)], [true, false]);
});

Deno.test("sightings count complete listings in a row, not deltas", () => {
  const inventory = inventoryAfter(
    listing("complete", 100, [server("a", 1)]),
    listing("delta", 150, [server("a", 1)]),
    listing("complete", 200, [server("a", 1)]),
  );
  assert.equal(inventory.sightings("a"), 2);
  inventory.apply(listing("complete", 300, []));
  inventory.apply(listing("complete", 400, [server("a", 1)]));
  assert.equal(inventory.sightings("a"), 1);
  assert.equal(inventory.sightings("never seen"), 0);
});

Deno.test("no listing proves that a server is absent, however many leave it out", () => {
  const inventory = inventoryAfter(
    listing("complete", 100, [server("a", 1)]),
    ...[200, 300, 400].map((at) => listing("complete", at, [])),
  );
  assert.equal(inventory.isAbsent("a"), false);
  assert.equal(inventory.isAbsent("never seen"), false);
});

Deno.test("a server is unlisted from the first complete listing since then that leaves it out", () => {
  const inventory = inventoryAfter(listing("complete", 100, [server("a", 1)]));
  assert.equal(inventory.isUnlisted("a", 0), false);
  inventory.apply(listing("complete", 200, []));
  assert.equal(inventory.isUnlisted("a", 200), true);
  assert.equal(inventory.isUnlisted("a", 201), false, "that listing began too early");
  inventory.apply(listing("delta", 300, [server("a", 1)]));
  assert.equal(inventory.isUnlisted("a", 200), false);
});

Deno.test("a server that a listing calls deleted is to be looked up, until it is there again", () => {
  for (const status of ["DELETED", "SOFT_DELETED"]) {
    for (const kind of ["complete", "delta"] as const) {
      const inventory = inventoryAfter(
        listing("complete", 100, [server("a", 1)]),
        listing(kind, 200, [server("a", 1, status)]),
        listing("complete", 250, []),
      );
      const shown = () => [inventory.isAbsent("a"), inventory.isDeleted("a"), inventory.isUnlisted("a", 0)];
      assert.deepEqual(shown(), [false, true, true]);
      inventory.apply(listing("delta", 300, [server("a", 1)]));
      assert.deepEqual(shown(), [false, false, false]);
      inventory.apply(listing(kind, 400, [server("a", 1, status)]));
      inventory.noteFound(server("a", 1));
      assert.deepEqual(shown(), [false, false, true], "the look is right, the listing is not");
      inventory.noteGone("a");
      assert.deepEqual(shown(), [true, true, false]);
    }
  }
});

Deno.test("a server that Nova keeps for a while after its deletion is deleted, in a listing of either kind", () => {
  for (const kind of ["complete", "delta"] as const) {
    const inventory = inventoryAfter(
      listing("complete", 100, [server("a", 1)]),
      listing(kind, 200, [server("a", 1, "SOFT_DELETED")]),
    );
    assert.deepEqual([inventory.isDeleted("a"), inventory.servers.has("a")], [true, false], kind);
    assert.deepEqual(inventory.serversOfNode(1), []);
  }
});

Deno.test("a server that the cloud knows nothing of is absent", () => {
  const inventory = inventoryAfter(listing("complete", 100, [server("a", 1)]));
  inventory.noteGone("a");
  assert.deepEqual([inventory.isAbsent("a"), [...inventory.servers], [...inventory.nodeIds()]], [
    true,
    [],
    [],
  ]);
});

Deno.test("a server that a look of its own showed stays, though listings leave it out", () => {
  const inventory = inventoryAfter(listing("complete", 100, [server("a", 1)]), listing("complete", 200, []));
  inventory.noteFound(server("a", 1, "SHUTOFF"));
  inventory.apply(listing("complete", 300, []));
  assert.equal(inventory.servers.get("a")?.status, "SHUTOFF");
  assert.deepEqual([inventory.isFound("a"), inventory.isUnlisted("a", 0)], [true, true]);
  assert.equal(inventory.sightings("a"), 0, "no listing has shown it");
  inventory.apply(listing("complete", 400, [server("a", 1)]));
  assert.deepEqual([inventory.isFound("a"), inventory.isUnlisted("a", 0)], [false, false]);
  inventory.noteFound(server("a", 1));
  assert.equal(inventory.isFound("a"), false, "it is listed");
});

Deno.test("a look of its own that shows a server deleted proves it absent", () => {
  const inventory = inventoryAfter(listing("complete", 100, []));
  inventory.noteFound(server("a", 1, "DELETED"));
  assert.deepEqual([inventory.isAbsent("a"), inventory.isUnlisted("a", 0)], [true, false]);
});

Deno.test("what nothing depends on any more is forgotten, listed servers are not", () => {
  const inventory = inventoryAfter(listing("complete", 100, [server("listed", 1)]));
  for (const id of ["a", "b"]) inventory.noteFound(server(id, 2));
  for (const id of ["c", "d"]) inventory.noteGone(id);
  inventory.keepOnly(new Set(["a", "c"]));
  assert.deepEqual(ids(inventory.servers.values()), ["listed", "a"]);
  assert.deepEqual(["c", "d"].map((id) => inventory.isAbsent(id)), [true, false]);
});

Deno.test("of a server whose cell is down, what was known stays", () => {
  const down = { ...server("a", null, "UNKNOWN"), name: "" };
  const inventory = inventoryAfter(
    listing("complete", 100, [server("a", 1)]),
    listing("complete", 200, [down]),
  );
  assert.deepEqual(inventory.servers.get("a"), server("a", 1, "UNKNOWN"));
  assert.deepEqual(ids(inventory.serversOfNode(1)), ["a"]);
  inventory.apply(listing("complete", 300, [server("a", 1)]));
  assert.equal(inventory.servers.get("a")?.status, "ACTIVE");
});

Deno.test("everything was seen by a complete listing, or by two where it was empty", () => {
  const inventory = new Inventory(installation);
  assert.equal(inventory.sawAllSince(0), false);
  inventory.apply(listing("complete", 100, []));
  assert.equal(inventory.sawAllSince(100), false);
  inventory.apply(listing("complete", 200, []));
  assert.deepEqual([inventory.sawAllSince(100), inventory.sawAllSince(101)], [true, false]);
  inventory.apply(listing("complete", 300, [server("a", null)]));
  assert.deepEqual([inventory.sawAllSince(300), inventory.sawAllSince(301)], [true, false]);
});

Deno.test("not everything was seen while a server is listed of which only its id is told", () => {
  const down = { ...server("a", null, "UNKNOWN"), name: "" };
  const inventory = inventoryAfter(listing("complete", 100, [server("b", 1), down]));
  assert.equal(inventory.sawAllSince(0), false);
  inventory.apply(listing("complete", 200, [server("b", 1), server("a", null)]));
  assert.equal(inventory.sawAllSince(0), true);
});

Deno.test("a server whose mark somebody took away is nobody's from the next listing on", () => {
  for (const kind of ["complete", "delta"] as const) {
    const inventory = inventoryAfter(
      listing("complete", 100, [server("a", 1)]),
      listing(kind, 200, [{ ...server("a", 1), metadata: {} }]),
    );
    assert.deepEqual([...inventory.nodeIds()], []);
    assert.deepEqual(inventory.serversOfNode(1), []);
    assert.ok(inventory.servers.has("a"));
  }
});

Deno.test("a server that is marked with another node belongs to that one only", () => {
  const inventory = inventoryAfter(
    listing("complete", 100, [server("a", 1), server("b", 1)]),
    listing("delta", 200, [server("a", 2)]),
  );
  assert.deepEqual(ids(inventory.serversOfNode(1)), ["b"]);
  assert.deepEqual(ids(inventory.serversOfNode(2)), ["a"]);
});
