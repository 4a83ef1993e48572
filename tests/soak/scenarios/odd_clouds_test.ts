/** Clouds that tell little, or tell it oddly: a pool on each keeps what it has, and launches what is missing. */
import assert from "node:assert/strict";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import type { SimulatorInput } from "../../../src/simulator/settings.ts";
import { poolConfig, VirtualPool } from "../../scenarios/virtual_pool.ts";

type Cloud = NonNullable<SimulatorInput["clouds"]>[number];

const clouds: readonly (readonly [string, Cloud, string?])[] = [
  ["a cloud that keeps limits, quotas, zones and keypairs from its users", { personality: "narrow" }],
  ["a cloud without limits and security groups", { quirks: ["limits-missing", "security-groups-missing"] }],
  [
    "network quotas that are not implemented, with floating IPs",
    { quirks: ["quotas-missing"] },
    "pool: public",
  ],
  ["lists with odd items and odd servers of our own", { personality: "odd" }, "pool: public"],
  ["a Neutron without paging and descriptions", { personality: "plain-neutron" }, "pool: public"],
  ["pages that do not end", { quirks: ["endless-pages"], pageSize: 2 }, "pool: public"],
  ["an old Nova", { personality: "old" }],
  ["answers compressed unasked", { personality: "gzip" }],
  [
    "a Rackspace",
    { personality: "rackspace" },
    "networks: [{ net-id: 00000000-0000-0000-0000-000000000000 }]",
  ],
  ["an OVH", { personality: "ovh" }],
  ["a Sovereign Cloud Stack", { personality: "scs" }],
  [
    "a project whose second network alone is routed",
    { personality: "tenant" },
    "networks: [{ name: storage }, { name: tenant }]",
  ],
];

for (const [name, cloud, provider] of clouds) {
  Deno.test(`a pool works on ${name}`, async () => {
    const config = poolConfig({ minReady: 3, provider });
    await using virtual = await VirtualPool.start({ config, clouds: [{ name: "simulator", ...cloud }] });
    await virtual.until(() => virtual.count("ready") === 3);
    const [node] = await virtual.acquire("small");
    await virtual.ask("release", { ids: [node!.id], result: "SUCCESS", job: null });
    await virtual.until(() => virtual.count("ready") === 3 && virtual.count() === 3);
    await virtual.clock.advance(2 * HOUR);
    assert.deepEqual(
      [virtual.count("ready"), virtual.servers()],
      [3, 3],
      "nothing is taken for gone, or forgotten",
    );
    assert.equal(virtual.simulator.journal.countOf("server.create"), 4);
    assert.equal(virtual.simulator.journal.countOf("server.delete"), 1);
    assert.deepEqual(virtual.pool.report().providers.map(({ error, reachable }) => [error, reachable]), [
      [null, true],
    ]);
  });
}

Deno.test("where no quota is known max-servers alone counts, and provider-list says so", async () => {
  const config = poolConfig({ minReady: 9, maxServers: 2 });
  await using virtual = await VirtualPool.start({
    config,
    clouds: [{ name: "simulator", personality: "narrow", quotas: { instances: 1 } }],
  });
  await virtual.until(() => virtual.count("ready") === 1);
  await virtual.clock.advance(10 * MINUTE);
  const { quota } = virtual.pool.report().providers[0]!;
  assert.equal(quota?.instances, null);
  assert.match(
    quota!.untold[0]!,
    /^read the compute limits on main: Policy doesn't allow os_compute_api:limits/,
  );
  assert.equal(virtual.servers(), 1, "the cloud's own refusal is heeded");
  assert.ok(virtual.simulator.journal.countOf("server.create") < 30, "and it is not asked again and again");
});
