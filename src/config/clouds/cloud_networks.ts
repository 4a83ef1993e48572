/** `networks` of a cloud, and the older `external_network` and `internal_network`, in openstacksdk's full form. */
import { booleanSetting, CloudSettingsError, isSettings, type Settings, textSetting } from "./settings.ts";

const OLDER = ["external_network", "internal_network"] as const;

/**
 * Changes `cloud`: its `networks` becomes a list of mappings that have every key.
 * @throws CloudSettingsError where one has no name, or where two claim what only one can be
 */
export function gatherNetworks(cloud: Settings): void {
  const older = OLDER.filter((key) => textSetting(cloud[key]) !== null);
  if (older.length > 0 && "networks" in cloud) {
    throw new CloudSettingsError(
      `has both networks and ${older[0]}; write the latter as an entry of networks`,
    );
  }
  const networks = [...listed(cloud.networks).map(fullEntry), ...older.map((key) => olderEntry(key, cloud))];
  for (const key of ["nat_destination", "default_interface"]) refuseTwo(networks, key);
  cloud.networks = networks;
}

function listed(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new CloudSettingsError("networks must be a list, each entry with a name");
}

function fullEntry(entry: unknown): Settings {
  const name = isSettings(entry) ? textSetting(entry.name) : null;
  if (!isSettings(entry) || name === null) {
    throw new CloudSettingsError("an entry of its networks needs a name (the network's name or id)");
  }
  const routes = booleanSetting(entry.routes_externally);
  return {
    name,
    routes_externally: routes,
    nat_source: booleanSetting(entry.nat_source),
    nat_destination: booleanSetting(entry.nat_destination),
    default_interface: booleanSetting(entry.default_interface),
    routes_ipv4_externally: booleanSetting(entry.routes_ipv4_externally ?? routes),
    routes_ipv6_externally: booleanSetting(entry.routes_ipv6_externally ?? routes),
  };
}

function olderEntry(key: typeof OLDER[number], cloud: Settings): Settings {
  const isExternal = key === "external_network";
  return {
    name: String(cloud[key]),
    routes_externally: isExternal,
    nat_destination: !isExternal,
    default_interface: isExternal,
  };
}

function refuseTwo(networks: readonly Settings[], key: string): void {
  const [first, second] = networks.filter((network) => network[key]);
  if (first === undefined || second === undefined) return;
  throw new CloudSettingsError(
    `two of its networks, ${first.name} and ${second.name}, have ${key}; only one can`,
  );
}
