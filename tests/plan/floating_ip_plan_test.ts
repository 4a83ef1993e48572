import assert from "node:assert/strict";
import { type CloudRouting, PLAIN_ROUTING } from "../../src/domain/cloud_routing.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import type { Network, ServerAddress } from "../../src/domain/server.ts";
import { isUnclear } from "../../src/plan/choose_networks.ts";
import { floatingIpSources, needsFloatingIp, planFloatingIps } from "../../src/plan/floating_ip_plan.ts";
import { provider, server } from "./plan_fixtures.ts";
import { saidNetwork } from "./said_network.ts";

function automatic(
  fields: Partial<ProviderConfig> = {},
  routing: Partial<CloudRouting> = {},
): ProviderConfig {
  const made = provider({ autoFloatingIp: true, ...fields });
  return { ...made, access: { ...made.access, routing: { ...PLAIN_ROUTING, ...routing } } };
}

const lan: Network = { id: "l", name: "lan", external: false, ranges: ["10.0.0.0/24"] };
const open: Network = { id: "o", name: "open", external: false, ranges: ["193.17.3.0/24"] };
const ext: Network = { id: "e", name: "ext", external: true };
const named = (name: string, isPublic = false) => ({ name, id: null, label: null, public: isPublic });
const plan = (one: ProviderConfig, ...networks: Network[]) => {
  const { use, reason } = planFloatingIps(one, networks);
  return `${use}: ${reason}`;
};

Deno.test("servers on a tenant network of a cloud with an external one get a floating IP, and it is said why", () => {
  assert.equal(plan(automatic(), lan, ext), "yes: the addresses on lan are private");
  assert.equal(plan(automatic({ networks: [named("lan")] }), lan, open, ext).slice(0, 4), "yes:");
  assert.equal(plan(automatic({ pool: "ext" }), lan, ext), "yes: pool is ext");
});

Deno.test("no server gets a floating IP where the cloud, the configuration or clouds.yaml stands against it", () => {
  assert.equal(
    plan(automatic({ autoFloatingIp: false, pool: "ext" }), lan, ext),
    "no: auto-floating-ip is false",
  );
  assert.equal(plan(automatic(), lan), "no: the cloud has no external network");
  const onPublic = automatic({ pool: "ext", networks: [named("lan", true)] });
  assert.equal(plan(onPublic, lan, ext), "no: one of its networks is public");
  assert.equal(plan(automatic({}, { isPrivate: true }), lan, ext), "no: clouds.yaml says private: true");
  const without = automatic({}, { hasFloatingIps: false });
  assert.equal(plan(without, lan, ext), "no: clouds.yaml has no floating_ip_source for this cloud");
  const routed = automatic({ networks: [named("lan")] }, {
    networks: [saidNetwork("l", { routesV4: true })],
  });
  assert.equal(plan(routed, lan, ext), "no: the addresses on network lan are public");
  const direct = automatic({ networks: [named("ext")] });
  assert.equal(plan(direct, lan, ext), "no: the addresses on network ext are public");
  assert.equal(plan(automatic(), open, ext), "no: the addresses on network open are public");
  const only6 = { ...lan, ranges: ["fd00::/64"] };
  assert.equal(plan(automatic(), only6, ext), "no: lan has no IPv4 addresses");
});

Deno.test("where the networks do not tell, the addresses of each server decide", () => {
  const { ranges: _, ...unknown } = lan;
  for (const networks of [[ext], [unknown, ext], [lan, open, ext]]) {
    assert.equal(planFloatingIps(automatic(), networks).use, "maybe");
  }
  assert.equal(planFloatingIps(automatic(), null).use, "maybe");
});

Deno.test("a server needs a floating IP that has an IPv4 address, none that is reached, and no floating one", () => {
  const fixed = (address: string): ServerAddress => ({ network: "lan", version: 4, address, kind: "fixed" });
  const needs = (one: ProviderConfig, ...addresses: ServerAddress[]) =>
    needsFloatingIp(server("s7", { addresses }), { provider: one, networks: [lan, ext] });
  assert.ok(needs(automatic(), fixed("10.0.0.7")));
  assert.ok(!needs(automatic(), fixed("193.17.3.7")));
  assert.ok(needs(automatic({ pool: "ext" }), fixed("193.17.3.7")), "a pool is asked for");
  assert.ok(!needs(automatic(), fixed("10.0.0.7"), { ...fixed("203.0.113.7"), kind: "floating" }));
  assert.ok(!needs(automatic()), "it has no address yet");
  assert.ok(!needs(automatic(), { ...fixed("2001:db8::7"), version: 6 }));
  assert.ok(!needs(automatic({ autoFloatingIp: false }), fixed("10.0.0.7")));
});

Deno.test("floating IPs come from pool, else from nat_source, else from whichever network is external", () => {
  const other: Network = { id: "x", name: "other", external: true };
  const networks = [lan, ext, other];
  const ids = (found: ReturnType<typeof floatingIpSources>) =>
    isUnclear(found) ? found.message : found.map(({ id }) => id);
  const source = { networks: [saidNetwork("other", { natSource: true })] };
  assert.deepEqual(ids(floatingIpSources(automatic(), networks)), ["e", "x"]);
  assert.deepEqual(ids(floatingIpSources(automatic({}, source), networks)), ["x"]);
  assert.deepEqual(ids(floatingIpSources(automatic({ pool: "e" }, source), networks)), ["e"]);
  assert.equal(
    ids(floatingIpSources(automatic({ pool: "gone" }), networks)),
    "the cloud has no network gone",
  );
  const inner: Network = { id: "y", name: "ext", external: false };
  assert.deepEqual(ids(floatingIpSources(automatic({ pool: "ext" }), [inner, ...networks])), ["e"]);
  const twin: Network = { id: "z", name: "ext", external: true };
  assert.match(
    String(ids(floatingIpSources(automatic({ pool: "ext" }), [twin, ...networks]))),
    /2 .* \(z, e\)/,
  );
});
