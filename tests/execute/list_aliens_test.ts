import assert from "node:assert/strict";
import { listAliens } from "../../src/execute/list_aliens.ts";
import { INSTALLATION, marks, node, NOW, server, states } from "../plan/plan_fixtures.ts";
import { scriptedCloud } from "./execute_fixtures.ts";

const listing = (servers: readonly ReturnType<typeof server>[]) => ({
  listServers: () =>
    Promise.resolve({ kind: "complete" as const, startedAt: NOW, cloudTime: NOW, cloudAhead: null, servers }),
});

const floating = { network: "private", version: 4, address: "203.0.113.7", kind: "floating" } as const;
const providers = [
  {
    name: "cloud-a",
    cloud: scriptedCloud(listing([
      server("known"),
      server("foreign", { name: "web-1", metadata: {} }),
      server("another", { name: "theirs", metadata: marks(7, "another"), addresses: [] }),
      server("unknown", {
        nodeId: 900,
        addresses: [{ ...floating, kind: "fixed", address: "10.0.0.9" }, floating],
      }),
    ])),
  },
  { name: "cloud-b", cloud: scriptedCloud(listing([server("b", { metadata: {} })])) },
];

function aliens(only: string | null, asked = providers, signal = new AbortController().signal) {
  return listAliens({
    providers: asked,
    only,
    installation: INSTALLATION,
    known: new Map([[7, node({ ...states.used, serverId: "known" })]]),
    signal,
  });
}

Deno.test("aliens are servers that are not ours, and those of ours whose node is not in the pool", async () => {
  const { servers, warnings } = await aliens(null);
  assert.deepEqual(servers, [
    { provider: "cloud-a", hostname: "web-1", serverId: "foreign", ip: "10.0.0.7" },
    { provider: "cloud-a", hostname: "theirs", serverId: "another", ip: null },
    {
      provider: "cloud-a",
      hostname: "noble-cloud-a-900.example.org",
      serverId: "unknown",
      ip: "203.0.113.7",
    },
    { provider: "cloud-b", hostname: "noble-cloud-a-7.example.org", serverId: "b", ip: "10.0.0.7" },
  ]);
  assert.deepEqual(warnings, []);
});

Deno.test("a server is a node's by its id, whatever its metadata says", async () => {
  const known = new Map([
    [7, node(states.used)],
    [8, node({ ...states.create, sentAt: NOW }, { id: 8 })],
  ]);
  const listed = [
    server("s7", { metadata: {} }),
    server("second"),
    server("coming", { nodeId: 8 }),
  ];
  const asked = [{ name: "cloud-a", cloud: scriptedCloud(listing(listed)) }];
  const { signal } = new AbortController();
  const { servers } = await listAliens({
    providers: asked,
    only: null,
    installation: INSTALLATION,
    known,
    signal,
  });
  assert.deepEqual(servers.map(({ serverId }) => serverId), ["second"]);
});

Deno.test("one provider can be asked alone", async () => {
  assert.deepEqual((await aliens("cloud-b")).servers.map(({ serverId }) => serverId), ["b"]);
});

Deno.test("a provider that does not answer is a warning, and the others are listed", async () => {
  const down = {
    name: "cloud-c",
    cloud: scriptedCloud({ listServers: () => Promise.reject(new Error("down")) }),
  };
  const { servers, warnings } = await aliens(null, [down, providers[1]!]);
  assert.deepEqual(servers.length, 1);
  assert.deepEqual(warnings, ["cannot query cloud-c: down"]);
});

Deno.test("a client that goes away ends the asking", async () => {
  const gone = AbortSignal.abort(new Error("gone"));
  const down = { name: "cloud-c", cloud: scriptedCloud({ listServers: () => Promise.reject(gone.reason) }) };
  await assert.rejects(aliens(null, [down], gone), /gone/);
});
