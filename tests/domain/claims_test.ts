import assert from "node:assert/strict";
import fc from "fast-check";
import { claimantOf } from "../../src/domain/claims.ts";
import { type NodeRecord, serverIdOf, stateName } from "../../src/domain/node.ts";
import { NodeIndex } from "../../src/domain/node_index.ts";
import { node, states } from "../plan/plan_fixtures.ts";

const IDS = ["a", "b", "c"];
const ADDRESSES = ["203.0.113.1", "203.0.113.2", "2001:db8::1"];
const PROVIDERS = ["cloud-a", "cloud-b"];
const address = fc.option(fc.constantFrom(...ADDRESSES));

const fields = fc.record({
  state: fc.constantFrom(...Object.values(states)),
  serverId: fc.constantFrom(...IDS),
  provider: fc.constantFrom(...PROVIDERS),
  imageId: fc.constantFrom(...IDS),
  addresses: fc.option(
    fc.record({
      login: fc.constantFrom(...ADDRESSES),
      publicV4: address,
      publicV6: address,
      privateV4: address,
    }),
  ),
  floatingIp: fc.option(fc.record({ id: fc.constantFrom(...IDS), address: fc.constantFrom(...ADDRESSES) })),
});

type Fields = typeof fields extends fc.Arbitrary<infer Value> ? Value : never;

function nodeOf({ state, serverId, ...more }: Fields, id: number): NodeRecord {
  return node("serverId" in state ? { ...state, serverId } : state, { id, ...more });
}

/** By looking at each node in turn. */
function namesServer(node: NodeRecord, id: string): boolean {
  return serverIdOf(node) === id;
}

function namesFloatingIp(
  node: NodeRecord,
  { id, provider, address }: { id: string; provider: string; address: string | null },
) {
  const { addresses, floatingIp } = node;
  if (floatingIp?.id === id) return true;
  if (address === null || node.provider !== provider) return false;
  return [addresses?.login, addresses?.publicV4, addresses?.publicV6, floatingIp?.address].includes(address);
}

Deno.test("whoever names a server or a floating IP is found, as by looking at all nodes", () => {
  fc.assert(
    fc.property(
      fc.array(fields, { maxLength: 6 }),
      fc.constantFrom(...PROVIDERS),
      address,
      (list, provider, address) => {
        const nodes = list.map(nodeOf);
        const living = { nodeIndex: NodeIndex.of(nodes), images: new Map() };
        const named = (names: (node: NodeRecord) => boolean) =>
          nodes.filter(names).map((each) => `node ${each.id} (${stateName(each)})`);
        const check = (found: string | null, all: readonly string[]) =>
          assert.ok(found === null ? all.length === 0 : all.includes(found), `${found} of ${all}`);
        for (const id of IDS) {
          check(
            claimantOf({ kind: "server", provider, id }, living, null),
            named((each) => namesServer(each, id)),
          );
          check(
            claimantOf({ kind: "floating-ip", provider, id, address }, living, null),
            named((each) => namesFloatingIp(each, { id, provider, address })),
          );
          for (const own of nodes) {
            const found = claimantOf({ kind: "server", provider, id }, living, { type: "node", node: own });
            check(found, named((each) => each.id !== own.id && namesServer(each, id)));
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});
