/**
 * Which of a cloud's networks are public and which are private: the only place that decides it, for names and ids,
 * IPv4 and IPv6. The configuration comes first (`public: true`), then clouds.yaml (`routes_externally`), then the
 * cloud itself (`router:external`), as in openstacksdk. Used to choose addresses and to plan floating IPs.
 */
import type { RoutedNetwork } from "../domain/cloud_routing.ts";
import type { ProviderConfig } from "../domain/config.ts";
import type { Network } from "../domain/server.ts";

/** Networks by name, in the order in which their addresses are preferred. */
export interface NetworkRoles {
  /** Those that the configuration calls public. */
  readonly declared: readonly string[];
  readonly publicV4: readonly string[];
  readonly publicV6: readonly string[];
  readonly privateV4: readonly string[];
  /** The one to log in on, where clouds.yaml names one. */
  readonly login: string | null;
  /** The one that floating IPs lead to, where clouds.yaml names one. */
  readonly natDestination: string | null;
}

type Version = 4 | 6;

export function networkRoles(provider: ProviderConfig, networks: readonly Network[]): NetworkRoles {
  const { routing } = provider.access;
  const declared = declaredNames(provider, networks);
  const undeclared = networks.filter(({ name }) => !declared.includes(name));
  const names = (fits: (network: Network) => boolean) => undeclared.filter(fits).map(({ name }) => name);
  const nameOf = (entry: RoutedNetwork | undefined) =>
    entry === undefined ? null : networks.find((each) => isNamed(each, entry))?.name ?? entry.name;
  return {
    declared,
    publicV4: routing.usesExternal ? names((network) => isPublic(network, 4, routing.networks)) : [],
    publicV6: names((network) => isPublic(network, 6, routing.networks)),
    privateV4: names((network) => isPrivate(network, routing.networks)),
    login: nameOf(routing.networks.find(({ defaultInterface }) => defaultInterface)),
    natDestination: nameOf(routing.networks.find(({ natDestination }) => natDestination)),
  };
}

/** Also where the cloud does not list its networks. */
function declaredNames({ networks }: ProviderConfig, known: readonly Network[]): string[] {
  return networks.filter((network) => network.public).flatMap(({ id, name, label }) =>
    known.find((network) => network.id === id)?.name ?? label ?? name ?? []
  );
}

function isPublic(network: Network, version: Version, said: readonly RoutedNetwork[]): boolean {
  const entries = said.filter((entry) => isNamed(network, entry));
  if (entries.some((entry) => routes(entry, version))) return true;
  const isExternal = network.external || (version === 4 && network.isPhysical === true);
  return isExternal && entries.length === 0;
}

function isPrivate(network: Network, said: readonly RoutedNetwork[]): boolean {
  const entries = said.filter((entry) => isNamed(network, entry));
  if (entries.length > 0) return entries.some((entry) => !routes(entry, 4));
  return !network.external && network.isPhysical !== true;
}

function isNamed({ id, name }: Network, entry: RoutedNetwork): boolean {
  return entry.name === name || entry.name === id;
}

function routes({ routesV4, routesV6 }: RoutedNetwork, version: Version): boolean {
  return version === 4 ? routesV4 : routesV6;
}
