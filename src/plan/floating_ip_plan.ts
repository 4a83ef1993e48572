/**
 * Whether a provider's servers get floating IPs of their own, from which network, and why: openstacksdk's rules. Known
 * for a provider as a whole where the networks tell, so that quotas are respected; for a server by its addresses.
 */
import type { ProviderConfig } from "../domain/config.ts";
import type { Network, Server } from "../domain/server.ts";
import { isRoutable } from "../domain/is_routable.ts";
import { type AddressSituation, publicAddressV4 } from "./choose_address.ts";
import { chooseNetworks, findNetwork, isUnclear, type UnclearNetwork } from "./choose_networks.ts";
import { networkRoles } from "./network_roles.ts";

interface FloatingIpPlan {
  /** `maybe`: that depends on the addresses that a server gets by itself. */
  readonly use: "yes" | "no" | "maybe";
  /** Why, to go on after a comma and "since". */
  readonly reason: string;
}

/** @param networks null: not known yet */
export function planFloatingIps(
  provider: ProviderConfig,
  networks: readonly Network[] | null,
): FloatingIpPlan {
  const against = ruledOut(provider, networks);
  if (against !== null) return { use: "no", reason: against };
  if (provider.pool !== null) return { use: "yes", reason: `pool is ${provider.pool}` };
  if (networks === null) return { use: "maybe", reason: "its networks are not known yet" };
  return planByAddresses(provider, networks);
}

/** Whether a server that has addresses gets a floating IP. */
export function needsFloatingIp(server: Server, situation: AddressSituation): boolean {
  const { provider, networks } = situation;
  if (ruledOut(provider, networks) !== null) return false;
  const isFixed = server.addresses.some(({ version, kind }) => version === 4 && kind === "fixed");
  if (!isFixed || server.addresses.some(({ kind }) => kind === "floating")) return false;
  return provider.pool !== null || publicAddressV4(server, situation) === null;
}

/** Why none of its servers gets one, whatever their addresses are; null: nothing stands against it. */
function ruledOut(provider: ProviderConfig, networks: readonly Network[] | null): string | null {
  const { pool, access: { routing } } = provider;
  if (!provider.autoFloatingIp) return "auto-floating-ip is false";
  if (provider.networks.some((network) => network.public)) return "one of its networks is public";
  if (pool !== null) return null;
  if (!routing.hasFloatingIps) return "clouds.yaml has no floating_ip_source for this cloud";
  if (routing.isPrivate) return "clouds.yaml says private: true";
  if (!routing.usesExternal && !routing.usesInternal) return "clouds.yaml uses no networks of this cloud";
  const sources = networks === null ? null : floatingIpSources(provider, networks);
  const isSourceless = sources !== null && !isUnclear(sources) && sources.length === 0;
  return isSourceless ? "the cloud has no external network" : null;
}

/** The plan as far as the addresses that its servers will get let one foresee it. */
function planByAddresses(provider: ProviderConfig, networks: readonly Network[]): FloatingIpPlan {
  const chosen = chooseNetworks(provider, { networks });
  if (isUnclear(chosen)) return { use: "maybe", reason: chosen.message };
  const isChosen = chosen.length > 0;
  // Nova itself chooses among those that servers can be attached to without being asked.
  const candidates = isChosen ? chosen : networks.filter(({ external }) => !external);
  const { publicV4 } = networkRoles(provider, networks);
  const open = candidates.find((network) =>
    hasV4(network) && (publicV4.includes(network.name) || isOpen(network))
  );
  if (open !== undefined && (isChosen || candidates.length === 1)) {
    return { use: "no", reason: `the addresses on network ${open.name} are public` };
  }
  const names = candidates.map(({ name }) => name).join(", ");
  if (candidates.length === 0 || open !== undefined || candidates.some(({ ranges }) => !ranges)) {
    return { use: "maybe", reason: "servers need one only where their own addresses are private" };
  }
  if (!candidates.some(hasV4)) return { use: "no", reason: `${names} has no IPv4 addresses` };
  return { use: "yes", reason: `the addresses on ${names} are private` };
}

/** Where the ranges are not known it may have some. */
function hasV4({ ranges }: Network): boolean {
  return !ranges || ranges.some(isV4);
}

function isOpen({ ranges }: Network): boolean {
  return (ranges ?? []).some((range) => isV4(range) && isRoutable(range.split("/")[0]!));
}

function isV4(range: string): boolean {
  return !range.includes(":");
}

/** The networks that floating IPs can come from, the preferred one first. */
export function floatingIpSources(
  { pool, access: { routing } }: ProviderConfig,
  networks: readonly Network[],
): readonly Network[] | UnclearNetwork {
  const external = networks.filter((network) => network.external);
  const wanted = pool ?? routing.networks.find(({ natSource }) => natSource)?.name ?? null;
  if (wanted === null) return external;
  const found = findNetwork(wanted, external.some(({ name }) => name === wanted) ? external : networks);
  return isUnclear(found) ? found : [found];
}
