/**
 * Which of a server's addresses is which, and the one to log in to. The order is openstacksdk's where the configuration
 * says nothing: access addresses, external networks, floating IPs, routable addresses.
 */
import type { ProviderConfig } from "../domain/config.ts";
import type { NodeAddresses } from "../domain/node.ts";
import type { Network, Server, ServerAddress } from "../domain/server.ts";
import { isRoutable } from "../domain/is_routable.ts";
import { type NetworkRoles, networkRoles } from "./network_roles.ts";

export interface AddressSituation {
  readonly provider: ProviderConfig;
  /** The cloud's; empty where they are not known. */
  readonly networks: readonly Network[];
}

/** A floating IP that the node has, and the fixed addresses of the port that it leads to, as far as they are known. */
export interface OwnFloatingIp {
  readonly address: string;
  readonly behind: readonly string[];
}

/** The server's addresses; null until it has one to log in to. */
export function chooseAddresses(
  server: Server,
  { provider, networks, floatingIp = null }: AddressSituation & { floatingIp?: OwnFloatingIp | null },
): NodeAddresses | null {
  const { routing } = provider.access;
  const roles = networkRoles(provider, networks);
  const privateV4 = routing.usesInternal ? privateAddress(server, { roles, floatingIp }) : null;
  const reachableV4 = floatingIp?.address ?? reachableAddress(server, roles, routing.usesExternal);
  const publicV6 = routing.forceIpv4 ? null : publicAddressV6(server, roles);
  const inner = privateV4 ?? firstOf(server, { version: 4, kind: "fixed" });
  const v4 = routing.isPrivate ? privateV4 ?? reachableV4 : reachableV4;
  const outer = provider.ipv6Preferred
    ? publicV6 ?? v4
    : v4 ?? (publicV6 !== null && isRoutable(publicV6) ? publicV6 : null);
  const last = publicV6 ?? (routing.forceIpv4 ? null : firstOf(server, { version: 6, kind: "fixed" }));
  const login = loginOn(server, { roles, provider }) ?? outer ?? inner ?? last;
  return login === null ? null : { login, publicV4: v4 ?? inner, publicV6, privateV4 };
}

/** The IPv4 address at which the server can be reached from outside the cloud, without a floating IP being made. */
export function publicAddressV4(server: Server, { provider, networks }: AddressSituation): string | null {
  return reachableAddress(server, networkRoles(provider, networks), provider.access.routing.usesExternal);
}

function reachableAddress(server: Server, roles: NetworkRoles, usesExternal: boolean): string | null {
  const declared = addressOn(server, roles.declared, 4);
  if (declared !== null || !usesExternal) return declared;
  return server.accessV4 ||
    (addressOn(server, roles.publicV4, 4) ??
      firstOf(server, { version: 4, kind: "floating" }) ??
      addressOn(server, ["public"], 4) ??
      server.addresses.find(({ version, address }) => version === 4 && isRoutable(address))?.address ??
      null);
}

/** Where no network is called public, any address may be one that is reached, as with openstacksdk. */
function publicAddressV6(server: Server, roles: NetworkRoles): string | null {
  const known = addressOn(server, roles.declared, 6) || server.accessV6 ||
    addressOn(server, roles.publicV6, 6) ||
    server.addresses.find(({ version, address }) => version === 6 && isRoutable(address))?.address;
  return known || (roles.declared.length > 0 ? null : firstOf(server, { version: 6, kind: "fixed" }));
}

/** The one that the floating IP leads to, where there is one: the same port, seen from inside. */
function privateAddress(
  server: Server,
  { roles, floatingIp }: { roles: NetworkRoles; floatingIp: OwnFloatingIp | null },
): string | null {
  const floating = server.addresses.find(({ version, kind }) => version === 4 && kind === "floating");
  const isBehind = ({ mac, address }: ServerAddress) =>
    floatingIp !== null && floatingIp.behind.length > 0
      ? floatingIp.behind.includes(address)
      : floating?.mac === undefined || mac === floating.mac;
  const fixed = server.addresses.filter(({ version, kind }) => version === 4 && kind === "fixed");
  const on = (names: readonly string[], among: readonly ServerAddress[]) =>
    first(names, (name) => among.find(({ network }) => network === name)?.address ?? null);
  const behind = fixed.filter(isBehind);
  return on(roles.privateV4, behind) ?? on(["private"], behind) ?? on(["private"], fixed);
}

function loginOn(
  server: Server,
  { roles, provider }: { roles: NetworkRoles; provider: ProviderConfig },
): string | null {
  if (roles.login === null) return null;
  const v4 = addressOn(server, [roles.login], 4);
  if (!provider.ipv6Preferred || provider.access.routing.forceIpv4) return v4;
  return addressOn(server, [roles.login], 6) ?? v4;
}

/** On the first of the networks that the server has one on; floating IPs come first. */
function addressOn(server: Server, names: readonly string[], version: 4 | 6): string | null {
  return first(names, (name) => {
    const there = server.addresses.filter((each) => each.network === name && each.version === version);
    return (there.find(({ kind }) => kind === "floating") ?? there[0])?.address ?? null;
  });
}

function firstOf(server: Server, wanted: Pick<ServerAddress, "version" | "kind">): string | null {
  const found = server.addresses.find(({ version, kind }) =>
    version === wanted.version && kind === wanted.kind
  );
  return found?.address ?? null;
}

function first(names: readonly string[], find: (name: string) => string | null): string | null {
  return names.map(find).find((found) => found !== null) ?? null;
}
