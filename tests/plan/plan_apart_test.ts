/** A record whose planning breaks stands still, and stops neither the others nor what is planned for all. */
import assert from "node:assert/strict";
import type { LabelConfig } from "../../src/domain/config.ts";
import { describeSubject } from "../../src/domain/defect.ts";
import type { Server } from "../../src/domain/server.ts";
import { planImages } from "../../src/plan/images/plan_images.ts";
import { planPool } from "../../src/plan/plan_pool.ts";
import type { PoolInput } from "../../src/plan/pool_plan.ts";
import { sampleDibImage, sampleImage } from "../views/sample_images.ts";
import { sampleRequest } from "../views/sample_pool.ts";
import { imagesConfig, imagesInput } from "./images/image_fixtures.ts";
import { config, label, node, NOW, provider, seen, server, states } from "./plan_fixtures.ts";

const defect = () => {
  throw new TypeError("nobody foresaw it");
};

/** What is seen of `cloud-a`; a look at the server breaks. */
function breakingAt(broken: string, servers: readonly Server[]) {
  const seenThere = seen({ servers });
  const found = seenThere.inventory.servers;
  Object.assign(found, { get: (id: string) => id === broken ? defect() : Map.prototype.get.call(found, id) });
  return new Map([["cloud-a", seenThere]]);
}

function input(fields: Partial<PoolInput> = {}): PoolInput {
  return {
    config: config({ labels: [label({ minReady: 0 })] }),
    now: NOW,
    wallOffset: 0,
    nodes: [],
    requests: [],
    pauses: [],
    images: new Map(),
    reserved: new Map(),
    seen: new Map([["cloud-a", seen()]]),
    targets: new Map(),
    demand: new Map(),
    turns: new Map(),
    creating: new Set(),
    launching: true,
    granting: true,
    ...fields,
  };
}

const told = ({ defects }: { readonly defects: ReturnType<typeof planPool>["defects"] }) =>
  defects.map(({ of, doing, error }) => `${doing} ${describeSubject(of)}: ${(error as Error).message}`);

Deno.test("a node whose planning breaks stands still, all others go on, and requests get theirs", () => {
  const nodes = [
    node(states.boot, { id: 7 }),
    node({ phase: "boot", serverId: "s8", launchedAt: NOW } as never, { id: 8 }),
    node({ phase: "ready", serverId: "s9" }, { id: 9 }),
  ];
  const plan = planPool(input({
    config: config({ labels: [label({ minReady: 3 })], providers: [provider({ maxServers: 50 })] }),
    nodes,
    requests: [sampleRequest({ id: 1 })],
    seen: breakingAt("s7", ["s7", "s8", "s9"].map((id) => server(id))),
  }));
  assert.deepEqual(told(plan), ["planning node 7: nobody foresaw it"]);
  assert.deepEqual(plan.changes.map(({ previous }) => previous.id), [8]);
  assert.deepEqual(plan.grants.map(({ nodes }) => nodes.map(({ id }) => id)), [[9]]);
  assert.equal(plan.launches.launches.length, 1, "the one that stands still still counts");
});

Deno.test("a ready node whose planning breaks is not handed out", () => {
  const plan = planPool(input({
    nodes: [
      node({ phase: "ready", serverId: "s7" }, { id: 7 }),
      node({ phase: "ready", serverId: "s8" }, { id: 8 }),
    ],
    requests: [sampleRequest({ id: 1 })],
    seen: breakingAt("s7", ["s7", "s8"].map((id) => server(id))),
  }));
  assert.deepEqual(plan.grants.map(({ nodes }) => nodes.map(({ id }) => id)), [[8]]);
});

Deno.test("a label that breaks gets nothing, and its requests wait; all other labels are launched and granted", () => {
  const bad = Object.defineProperty({ ...label({ name: "bad", minReady: 1 }) }, "providers", { get: defect });
  const plan = planPool(input({
    config: config({
      labels: [bad as LabelConfig, label({ minReady: 2 })],
      providers: [provider({ maxServers: 50 })],
    }),
    nodes: [node({ phase: "ready", serverId: "s8" }, { id: 8 })],
    requests: [sampleRequest({ id: 1, label: "bad" }), sampleRequest({ id: 2 })],
    seen: new Map([["cloud-a", seen({ servers: [server("s8")] })]]),
  }));
  assert.deepEqual(
    new Set(told(plan)),
    new Set([
      "planning request 1: nobody foresaw it",
      "planning label bad: nobody foresaw it",
    ]),
  );
  assert.deepEqual(plan.grants.map(({ request }) => request.id), [2]);
  assert.deepEqual(plan.launches.launches.map(({ label }) => label.name), ["noble", "noble"]);
});

Deno.test("where launches cannot be planned at all, nodes move on all the same, and none is given back as surplus", () => {
  const plan = planPool(input({
    nodes: [
      node({ phase: "ready", serverId: "s8" }, { id: 8, stateSince: NOW - 9e9 }),
      node(states.boot, { id: 7 }),
    ],
    seen: new Map([["cloud-a", seen({ servers: [server("s7"), server("s8")] })]]),
    demand: { get: defect } as never,
  }));
  assert.deepEqual(plan.changes.map(({ previous, next }) => [previous.id, next?.state.phase]), [[
    7,
    "login",
  ]]);
  assert.deepEqual(plan.launches.launches, []);
  assert.ok(plan.defects.length > 0);
});

Deno.test("an image whose planning breaks stands still, and all others are built, uploaded and deleted", () => {
  const isRunning = (_type: string, id: number) => id === 3 ? defect() : false;
  const plan = planImages(imagesInput({
    config: imagesConfig(),
    dibImages: [3, 4].map((id) => sampleDibImage({ id, state: { phase: "build", startedAt: null } })),
    images: [3, 4].map((id) =>
      sampleImage({ id, state: { phase: "delete", externalId: `x${id}`, lostAt: null, acceptedAt: null } })
    ),
    isRunning,
  }));
  assert.ok(told(plan).includes("planning dib image 3: nobody foresaw it"), told(plan).join());
  assert.deepEqual(
    plan.actions.flatMap((action) => "dibImage" in action && !("image" in action) ? action.dibImage.id : []),
    [4],
  );
  const touched = [
    ...plan.changes.map(({ previous }) => previous.id),
    ...plan.actions.flatMap((action) => "image" in action ? action.image.id : []),
  ];
  assert.deepEqual([...new Set(touched)], [4]);
});
