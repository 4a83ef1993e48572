/** Which of a cloud's networks the configuration means by a name or an id. */
import type { NetworkConfig, ProviderConfig } from "../domain/config.ts";
import type { Catalog } from "../domain/observation.ts";
import type { Network } from "../domain/server.ts";

/** Why a name cannot be told to mean a network. */
export interface UnclearNetwork {
  readonly wanted: string;
  /** Of the networks that have the name; empty: none has it. */
  readonly ids: readonly string[];
  readonly message: string;
}

export function isUnclear<Found>(found: Found | UnclearNetwork): found is UnclearNetwork {
  return typeof found === "object" && found !== null && "wanted" in found;
}

/** The networks that servers are attached to. */
export function chooseNetworks(
  provider: Pick<ProviderConfig, "networks">,
  { networks }: Pick<Catalog, "networks">,
): readonly Network[] | UnclearNetwork {
  const chosen: Network[] = [];
  for (const wanted of provider.networks) {
    const found = networkOf(wanted, networks);
    if (isUnclear(found)) return found;
    chosen.push(found);
  }
  return chosen;
}

/** Some clouds do not list the networks that every project has: an id is taken as it is. */
function networkOf(
  { id, name, label }: NetworkConfig,
  networks: readonly Network[] | null,
): Network | UnclearNetwork {
  if (id !== null) {
    return networks?.find((network) => network.id === id) ?? { id, name: label ?? "", external: false };
  }
  if (networks === null) {
    return { wanted: name ?? "", ids: [], message: "the cloud's networks are not listed yet" };
  }
  const found = networks.filter((network) => network.name === name);
  return onlyOne(found, { wanted: name ?? "", advice: "name it by net-id" });
}

/** The network of that name or id. */
export function findNetwork(wanted: string, networks: readonly Network[]): Network | UnclearNetwork {
  const found = networks.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  const named = networks.filter(({ name }) => name === wanted);
  return onlyOne(named, { wanted, advice: "name it by its id" });
}

function onlyOne(
  found: readonly Network[],
  { wanted, advice }: { wanted: string; advice: string },
): Network | UnclearNetwork {
  const [first, ...others] = found;
  const ids = found.map(({ id }) => id);
  if (first === undefined) return { wanted, ids, message: `the cloud has no network ${wanted}` };
  if (others.length === 0) return first;
  const message = `the cloud has ${ids.length} networks named ${wanted} (${ids.join(", ")}); ${advice}`;
  return { wanted, ids, message };
}
