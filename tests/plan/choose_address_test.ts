import assert from "node:assert/strict";
import type { ServerAddress } from "../../src/domain/server.ts";
import { chooseAddresses, wantsFloatingIp } from "../../src/plan/choose_address.ts";
import { floatingProvider, provider, server } from "./plan_fixtures.ts";

const v4 = (address: string, network = "private"): ServerAddress => ({
  network,
  version: 4,
  address,
  kind: "fixed",
});
const v6: ServerAddress = { network: "private", version: 6, address: "2001:db8::7", kind: "fixed" };
const floating: ServerAddress = { ...v4("203.0.113.7"), kind: "floating" };

const network = (name: string, isPublic: boolean) => ({ name, id: null, label: null, public: isPublic });

function choose(
  addresses: readonly ServerAddress[],
  { at = provider(), made = null }: { at?: ReturnType<typeof provider>; made?: string | null } = {},
) {
  return chooseAddresses(server("s7", { addresses }), { provider: at, floatingIp: made });
}

Deno.test("wantsFloatingIp() is true where there is a pool and no public network, unless told otherwise", () => {
  const networks = [network("public", true), network("private", false)];
  const pool = "ext";
  assert.equal(wantsFloatingIp(provider()), false);
  assert.equal(wantsFloatingIp(provider({ pool })), true);
  assert.equal(wantsFloatingIp(provider({ pool, networks })), false);
  assert.equal(wantsFloatingIp(provider({ pool, networks, autoFloatingIp: true })), true);
  assert.equal(wantsFloatingIp(provider({ pool, autoFloatingIp: false })), false);
  assert.equal(wantsFloatingIp(provider({ pool: null, autoFloatingIp: true })), false);
});

Deno.test("a fixed address is logged in to where no floating IP is wanted", () => {
  assert.deepEqual(choose([v4("10.0.0.7")]), {
    login: "10.0.0.7",
    publicV4: "10.0.0.7",
    publicV6: null,
    privateV4: "10.0.0.7",
  });
});

Deno.test("a server without any address has none to log in to", () => {
  assert.equal(choose([]), null);
});

Deno.test("an IPv6 address is logged in to where it is the only one, or preferred", () => {
  assert.equal(choose([v6])?.login, v6.address);
  assert.equal(choose([v4("10.0.0.7"), v6])?.login, "10.0.0.7");
  const at = provider({ ipv6Preferred: true });
  assert.equal(choose([v4("10.0.0.7"), v6], { at })?.login, v6.address);
  assert.equal(choose([v4("10.0.0.7")], { at })?.login, "10.0.0.7");
});

Deno.test("a floating IP that is wanted must be one that we made, not just one that is listed", () => {
  const at = floatingProvider();
  assert.equal(choose([v4("10.0.0.7")], { at }), null);
  assert.equal(choose([v4("10.0.0.7"), floating], { at }), null);
  assert.deepEqual(choose([v4("10.0.0.7"), floating], { at, made: "203.0.113.7" }), {
    login: "203.0.113.7",
    publicV4: "203.0.113.7",
    publicV6: null,
    privateV4: "10.0.0.7",
  });
});

Deno.test("a floating IP that the cloud gave by itself is logged in to", () => {
  assert.equal(choose([v4("10.0.0.7"), floating])?.login, "203.0.113.7");
});

Deno.test("of several networks the one that is called public comes first, by label or name", () => {
  const addresses = [v4("10.0.0.7", "private"), v4("198.51.100.7", "outside")];
  const named = provider({ networks: [network("private", false), network("outside", true)] });
  assert.equal(choose(addresses, { at: named })?.login, "198.51.100.7");
  const labelled = provider({ networks: [{ ...network("n2", true), label: "outside" }] });
  assert.equal(choose(addresses, { at: labelled })?.login, "198.51.100.7");
  assert.equal(choose(addresses)?.login, "10.0.0.7");
});
