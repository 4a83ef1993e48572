import assert from "node:assert/strict";
import type { CloudRouting } from "../../src/domain/cloud_routing.ts";
import { PLAIN_ROUTING } from "../../src/domain/cloud_routing.ts";
import type { ProviderConfig } from "../../src/domain/config.ts";
import type { Network, Server, ServerAddress } from "../../src/domain/server.ts";
import { chooseAddresses } from "../../src/plan/choose_address.ts";
import { catalog, provider, server } from "./plan_fixtures.ts";
import { saidNetwork } from "./said_network.ts";

const v4 = (address: string, network = "private"): ServerAddress => ({
  network,
  version: 4,
  address,
  kind: "fixed",
});
const v6: ServerAddress = { network: "private", version: 6, address: "2001:db8::7", kind: "fixed" };
const floating: ServerAddress = { ...v4("203.0.113.7"), kind: "floating" };

const network = (name: string, isPublic: boolean) => ({ name, id: null, label: null, public: isPublic });

const stock = catalog().networks!;

function choose(
  addresses: readonly ServerAddress[],
  { at = provider(), made = null, behind = [], networks = stock, ...fields }: {
    at?: ProviderConfig;
    made?: string | null;
    behind?: readonly string[];
    networks?: readonly Network[];
  } & Partial<Pick<Server, "accessV4" | "accessV6">> = {},
) {
  const floatingIp = made === null ? null : { address: made, behind };
  return chooseAddresses(server("s7", { addresses, ...fields }), { provider: at, networks, floatingIp });
}

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

Deno.test("a floating IP that the node has is where it is logged in to", () => {
  assert.deepEqual(choose([v4("10.0.0.7")], { made: "203.0.113.7" }), {
    login: "203.0.113.7",
    publicV4: "203.0.113.7",
    publicV6: null,
    privateV4: "10.0.0.7",
  });
});

Deno.test("a floating IP that the cloud gave by itself is logged in to", () => {
  assert.equal(choose([v4("10.0.0.7"), floating])?.login, "203.0.113.7");
});

/** Two networks of the project, by id `a` and `b`, neither of them external. */
const two: readonly Network[] = ["a", "b"].map((id) => ({ id, name: `net-${id}`, external: false }));
const onTwo = [v4("10.0.0.7", "net-a"), v4("10.8.0.7", "net-b")];
const byId = (id: string, isPublic = false) => ({ id, name: null, label: null, public: isPublic });

Deno.test("a network that is called public is logged in on, whether it has an id, a name or a label", () => {
  const ways = [
    [byId("a"), byId("b", true)],
    [network("net-a", false), network("net-b", true)],
    [byId("a"), { ...network("other", true), label: "net-b" }],
  ];
  for (const networks of ways) {
    const at = provider({ networks });
    assert.deepEqual(choose(onTwo, { at, networks: two }), {
      login: "10.8.0.7",
      publicV4: "10.8.0.7",
      publicV6: null,
      privateV4: "10.0.0.7",
    });
    assert.equal(choose([...onTwo].reverse(), { at, networks: two })?.login, "10.8.0.7");
  }
  assert.equal(choose(onTwo, { networks: two })?.login, "10.0.0.7");
});

Deno.test("a network that is called public comes before access addresses, external networks and routable ones", () => {
  const at = provider({ networks: [byId("a"), byId("b", true)] });
  const networks = [...two, { id: "x", name: "ext", external: true }];
  const addresses = [v4("8.8.4.4", "net-a"), v4("193.17.3.1", "ext"), ...onTwo];
  const chosen = choose(addresses, { at, networks, accessV4: "203.0.113.9" });
  assert.deepEqual([chosen?.login, chosen?.privateV4], ["10.8.0.7", "8.8.4.4"]);
});

Deno.test("public and private are the same for IPv6: the public network's, the access address, the external network's", () => {
  const on = (name: string, address: string): ServerAddress => ({ ...v6, network: name, address });
  const networks = [...two, { id: "x", name: "ext", external: true }];
  const addresses = [on("net-a", "fd00::a"), on("net-b", "fd00::b"), on("ext", "fd00::e")];
  const at = (isPublic: boolean) => provider({ ipv6Preferred: true, networks: [byId("b", isPublic)] });
  assert.equal(choose(addresses, { at: at(true), networks })?.login, "fd00::b");
  assert.equal(choose(addresses, { at: at(false), networks, accessV6: "2a01::1" })?.login, "2a01::1");
  assert.equal(choose(addresses, { at: at(false), networks })?.login, "fd00::e");
  const lan = addresses.slice(0, 2);
  assert.equal(choose([...lan, on("net-b", "2a01::b")], { at: at(false), networks })?.login, "2a01::b");
  assert.equal(choose(lan, { at: at(false), networks })?.login, "fd00::a");
  assert.equal(choose(lan.slice(0, 1), { at: at(true), networks })?.login, "fd00::a");
});

Deno.test("an IPv6 address that is no public network's is not preferred to an IPv4 address that is", () => {
  const at = provider({ ipv6Preferred: true, networks: [byId("a"), byId("b", true)] });
  const inner: ServerAddress = { ...v6, network: "net-a", address: "fd00::a" };
  assert.equal(choose([inner, ...onTwo], { at, networks: two })?.login, "10.8.0.7");
});

Deno.test("where nothing is said, openstacksdk's order is: access address, external network, floating IP, routable", () => {
  const networks = [...two, { id: "x", name: "ext", external: true }];
  const addresses = [...onTwo, v4("8.8.4.4", "net-b"), floating, v4("10.9.0.7", "ext")];
  const login = (length: number, access: { accessV4?: string } = {}) =>
    choose(addresses.slice(0, length), { networks, ...access })?.login;
  assert.equal(login(5, { accessV4: "203.0.113.9" }), "203.0.113.9");
  assert.equal(login(5), "10.9.0.7");
  assert.equal(login(4), "203.0.113.7");
  assert.equal(login(3), "8.8.4.4");
  assert.equal(login(2), "10.0.0.7");
});

Deno.test("a routable IPv6 address comes before a private IPv4 one", () => {
  const open: ServerAddress = { ...v6, address: "2a01::7" };
  assert.equal(choose([v4("10.0.0.7"), open])?.login, "2a01::7");
  assert.equal(choose([v4("8.8.4.4"), open])?.login, "8.8.4.4");
});

Deno.test("the private address is that of the port which the floating IP leads to", () => {
  const networks = two;
  const at = { networks, made: "203.0.113.7" };
  assert.equal(choose(onTwo, { ...at, behind: ["10.8.0.7"] })?.privateV4, "10.8.0.7");
  const withMac = onTwo.map((each, index) => ({ ...each, mac: `fa:16:3e:00:00:0${index}` }));
  const leading = { ...floating, network: "net-b", mac: withMac[1]!.mac };
  assert.equal(choose([...withMac, leading], at)?.privateV4, "10.8.0.7");
});

function routed(fields: Partial<CloudRouting>): ProviderConfig {
  const { access, ...rest } = provider();
  return { ...rest, access: { ...access, routing: { ...PLAIN_ROUTING, ...fields } } };
}

Deno.test("clouds.yaml says which networks route externally, which is logged in on, and whether we are inside", () => {
  const outside = routed({ networks: [saidNetwork("b", { routesV4: true })] });
  assert.equal(choose(onTwo, { at: outside, networks: two })?.login, "10.8.0.7");
  const inside = routed({ isPrivate: true });
  assert.equal(
    choose([...onTwo, v4("8.8.4.4", "net-b")], { at: inside, networks: two })?.login,
    "10.0.0.7",
  );
  const on = routed({ networks: [saidNetwork("net-a", { defaultInterface: true })] });
  assert.equal(choose([...onTwo, v4("8.8.4.4", "net-b")], { at: on, networks: two })?.login, "10.0.0.7");
  const only4 = { ...routed({ forceIpv4: true }), ipv6Preferred: true };
  assert.equal(choose([v4("10.0.0.7"), v6], { at: only4 })?.login, "10.0.0.7");
});
