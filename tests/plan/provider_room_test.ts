/** What a provider has room for: the numbers that stand between a pool and a refusal, or a cloud full of servers. */
import assert from "node:assert/strict";
import type { NodeState } from "../../src/domain/node.ts";
import { SECOND } from "../../src/domain/time.ts";
import { roomForImages, roomOf } from "../../src/plan/provider_room.ts";
import { node, NOW, provider, quota, seen, small, states } from "./plan_fixtures.ts";

const plenty = { limit: 100, used: 10 };

/** A node of m1.small that entered its phases at those times. */
function asked(state: NodeState, timings: { boot?: number }) {
  return node(state, { flavorId: small.id, timings: { create: NOW - 600 * SECOND, ...timings } });
}

Deno.test("a provider that is retired has room for none, however few nodes it has", () => {
  const { room } = roomOf(provider({ maxServers: -1 }), { nodes: [], seen: undefined });
  assert.deepEqual(room, { maxServers: { limit: 0, used: 0 } });
});

Deno.test("max-servers counts nodes of the provider alone and what is promised, and no server for an image", () => {
  const builder = node(states.boot, { id: 9, role: "builder", providerImageId: 3 });
  const nodes = [node(states.ready), node(states.ready, { id: 8, provider: "cloud-b" }), builder];
  const promised = [{ cores: 1 }, { cores: 1 }];
  const given = { nodes, seen: undefined, reserved: [{ cores: 1 }], promised };
  assert.deepEqual(roomOf(provider({ maxServers: 9 }), given).room, { maxServers: { limit: 9, used: 3 } });
});

Deno.test("the quotas count servers for images, also those that images still wait for", () => {
  const builder = node(states.create, { id: 9, role: "builder", providerImageId: 3 });
  const given = {
    nodes: [node(states.create), builder],
    seen: seen({ quota: quota({ instances: plenty }) }),
  };
  assert.equal(roomOf(provider(), { ...given, reserved: [{ cores: 1 }] }).room.instances?.used, 13);
  assert.deepEqual(roomForImages(provider({ maxServers: 0 }), given).room.maxServers, undefined);
  assert.equal(roomForImages(provider({ maxServers: 0 }), given).room.instances?.used, 12);
});

Deno.test("a server accepted up to five seconds before the quota was read may be missing from it", () => {
  const takenAt = NOW - 60 * SECOND;
  const observation = seen({ quota: quota({ takenAt, instances: plenty, cores: plenty, ramMib: plenty }) });
  const used = (boot: number) => {
    const { room } = roomOf(provider(), { nodes: [asked(states.boot, { boot })], seen: observation });
    return [room.instances?.used, room.cores?.used, room.ramMib?.used];
  };
  assert.deepEqual(used(takenAt - 5 * SECOND), [10, 10, 10]);
  assert.deepEqual(used(takenAt - 5 * SECOND + 1), [11, 11, 10 + small.ramMib]);
  assert.deepEqual(used(takenAt + 1), [11, 11, 10 + small.ramMib]);
});

Deno.test("a server that is still to be asked for counts on top of the quota", () => {
  const observation = seen({ quota: quota({ instances: plenty, ports: plenty }) });
  const networks = ["a", "b"].map((name) => ({ name, id: null, label: null, public: false }));
  const room = (fields: Parameters<typeof provider>[0]) =>
    roomOf(provider(fields), {
      nodes: [asked(states.create, {})],
      seen: observation,
      promised: [{ cores: 1, ports: 3 }],
    }).room;
  assert.deepEqual([room({}).instances?.used, room({}).ports?.used], [12, 14]);
  assert.equal(room({ networks }).ports?.used, 15);
});
