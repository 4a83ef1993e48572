import assert from "node:assert/strict";
import fc from "fast-check";
import type { NodeRecord } from "../../src/domain/node.ts";
import type { NodeRequest } from "../../src/domain/request.ts";
import { HOUR } from "../../src/domain/time.ts";
import { type GrantPlan, planGrants } from "../../src/plan/plan_grants.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import { node, NOW, states, together } from "./plan_fixtures.ts";

function ready(id: number, stateSince = NOW, label = "noble"): NodeRecord {
  return node({ phase: "ready", serverId: `s${id}` }, { id, stateSince, label });
}

const given = (nodes: readonly NodeRecord[], requests: readonly NodeRequest[]) =>
  planGrants(nodes, requests, { now: NOW, apart: together }).grants.map((
    grant,
  ) => [grant.request.id, ...grant.nodes.map(({ id }) => id)]);

Deno.test("the node that has been ready longest goes to the request that came first", () => {
  const nodes = [ready(1, NOW), ready(2, NOW - 5), ready(3, NOW - 9)];
  const requests = [sampleRequest({ id: 12 }), sampleRequest({ id: 11 })];
  assert.deepEqual(given(nodes, requests), [[11, 3], [12, 2]]);
});

Deno.test("a request gets all its nodes together, and a later one of its label does not overtake it", () => {
  const nodes = [ready(1), ready(2), ready(3, NOW, "jammy")];
  const requests = [
    sampleRequest({ id: 11, count: 3 }),
    sampleRequest({ id: 12, count: 1 }),
    sampleRequest({ id: 13, count: 1, label: "jammy" }),
  ];
  assert.deepEqual(given(nodes, requests), [[13, 3]]);
});

Deno.test("only ready nodes are granted", () => {
  const nodes = Object.values(states).map((state, index) => node(state, { id: index + 1 }));
  const granted =
    planGrants(nodes, [1, 2, 3].map((id) => sampleRequest({ id })), { now: NOW, apart: together }).grants;
  assert.deepEqual(granted.flatMap((grant) => grant.nodes.map(({ state }) => state.phase)), ["ready"]);
});

Deno.test("neither a node that a target may send jobs to nor a subnode is granted", () => {
  const nodes = [
    { ...ready(1), assignedAt: NOW - 5 },
    { ...ready(2), role: "subnode" as const, parentId: 9 },
    ready(3),
  ];
  assert.deepEqual(given(nodes, [sampleRequest({ id: 11 }), sampleRequest({ id: 12 })]), [[11, 3]]);
});

Deno.test("a request that nobody waits for yet keeps its place and its nodes, and is not granted", () => {
  const requests = [sampleRequest({ id: 11, count: 2 }), sampleRequest({ id: 12 })];
  const grant = (nodes: readonly NodeRecord[]) =>
    planGrants(nodes, requests, { now: NOW, apart: together, deserted: new Set([11]) }).grants.map((
      { request },
    ) => request.id);
  assert.deepEqual(grant([ready(1), ready(2), ready(3)]), [12]);
  assert.deepEqual(grant([ready(1), ready(2)]), []);
});

Deno.test("nodes that a request gathers are idle once they are kept for it no longer; one that can never be met gathers none", () => {
  const nodes = [ready(1, NOW - HOUR), ready(2, NOW - HOUR)];
  const requests = [
    sampleRequest({ id: 11, count: 9, createdAt: NOW - HOUR }),
    sampleRequest({ id: 12, createdAt: NOW - HOUR }),
  ];
  const idle = (impossible: ReadonlyMap<number, unknown>) =>
    planGrants(nodes, requests, { now: NOW, apart: together, impossible }).idle.map(({ id }) => id);
  assert.deepEqual(idle(new Map()), [2]);
  assert.deepEqual(idle(new Map([[11, "too many"]])), []);
});

const labels = fc.constantFrom("noble", "jammy");
const arbitraryNodes = fc.array(
  fc.record({ label: labels, since: fc.nat(50), phase: fc.constantFrom("ready", "used", "boot") }),
  { maxLength: 12 },
).map((list) =>
  list.map(({ label, since, phase }, index) =>
    node({ phase, serverId: `s${index}` } as NodeRecord["state"], {
      id: index + 1,
      label,
      stateSince: NOW - since,
    })
  )
);
const arbitraryRequests = fc.array(fc.record({ label: labels, count: fc.integer({ min: 1, max: 4 }) }), {
  maxLength: 8,
}).map((list) => list.map((fields, index) => sampleRequest({ id: index + 1, ...fields })));

function property(
  title: string,
  check: (
    grants: GrantPlan["grants"],
    at: { nodes: readonly NodeRecord[]; requests: readonly NodeRequest[] },
  ) => void,
): void {
  Deno.test(`for any nodes and requests ${title}`, () => {
    fc.assert(fc.property(arbitraryNodes, arbitraryRequests, (nodes, requests) => {
      check(planGrants(nodes, requests, { now: NOW, apart: together }).grants, { nodes, requests });
    }));
  });
}

property("no node is granted twice", (grants) => {
  const ids = grants.flatMap((grant) => grant.nodes.map(({ id }) => id));
  assert.equal(new Set(ids).size, ids.length);
});

property("a grant has as many nodes as were asked for, ready and of that label", (grants) => {
  for (const { request, nodes } of grants) {
    assert.equal(nodes.length, request.count);
    assert.ok(nodes.every(({ label, state }) => label === request.label && state.phase === "ready"));
  }
});

property("of each label the first requests are granted, until one finds too few", (grants, at) => {
  const granted = new Set(grants.map(({ request }) => request.id));
  for (const label of ["noble", "jammy"]) {
    let free = at.nodes.filter((each) => each.label === label && each.state.phase === "ready").length;
    let open = true;
    for (const request of at.requests.filter((each) => each.label === label)) {
      open &&= request.count <= free;
      assert.equal(granted.has(request.id), open);
      if (open) free -= request.count;
    }
  }
});

property("their order does not matter", (grants, { nodes, requests }) => {
  const shape = (list: typeof grants) =>
    list.map((grant) => [grant.request.id, grant.nodes.map(({ id }) => id)]);
  assert.deepEqual(
    shape(planGrants([...nodes].reverse(), [...requests].reverse(), { now: NOW, apart: together }).grants),
    shape(grants),
  );
});
