/** Which of a cloud's networks the configuration means by a name or an id. */
import type { NetworkConfig, ProviderConfig } from "../domain/config.ts";
import type { Catalog } from "../domain/observation.ts";
import type { Network } from "../domain/server.ts";

/** The networks that servers are attached to; text: why they cannot be told. */
export function chooseNetworks(
  { networks }: Pick<ProviderConfig, "networks">,
  catalog: Pick<Catalog, "networks">,
): Network[] | string {
  const chosen: Network[] = [];
  for (const wanted of networks) {
    const found = networkOf(wanted, catalog.networks);
    if (typeof found === "string") return found;
    chosen.push(found);
  }
  return chosen;
}

/** Some clouds do not list the networks that every project has: an id is taken as it is. */
function networkOf({ id, name, label }: NetworkConfig, networks: readonly Network[]): Network | string {
  if (id !== null) {
    return networks.find((network) => network.id === id) ?? { id, name: label ?? "", external: false };
  }
  const found = networks.filter((network) => network.name === name);
  return onlyOne(found, { wanted: name ?? "", advice: "name it by net-id" });
}

/** The network of that name or id; text: there is none, or several. */
export function findNetwork(wanted: string, networks: readonly Network[]): Network | string {
  const found = networks.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  const named = networks.filter(({ name }) => name === wanted);
  return onlyOne(named, { wanted, advice: "name it by its id" });
}

function onlyOne(
  found: readonly Network[],
  { wanted, advice }: { wanted: string; advice: string },
): Network | string {
  const [first, ...others] = found;
  if (first === undefined) return `the cloud has no network ${wanted}`;
  if (others.length === 0) return first;
  const ids = found.map(({ id }) => id).join(", ");
  return `the cloud has ${found.length} networks named ${wanted} (${ids}); ${advice}`;
}
