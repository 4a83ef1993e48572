/**
 * The fields that templates of names may use, under 2016's names: every plain value of the label, the provider and the
 * image that a server or an image belongs to. Lengths of time are seconds. Never a secret.
 */
import type { LabelConfig, ProviderConfig, ProviderImageConfig } from "./config.ts";
import type { FieldValue } from "./format_spec.ts";
import { SECOND } from "./time.ts";

type Fields<Of> = Readonly<Record<string, (of: Of) => FieldValue>>;

const ofLabel: Fields<LabelConfig> = {
  name: ({ name }) => name,
  image: ({ image }) => image,
  min_ready: ({ minReady }) => minReady,
  subnodes: ({ subnodes }) => subnodes,
  ready_script: ({ readyScript }) => readyScript,
  max_servers: ({ maxServers }) => maxServers,
};

const ofProvider: Fields<ProviderConfig> = {
  name: ({ name }) => name,
  cloud: ({ access }) => access.name,
  region_name: ({ access }) => access.regionName,
  max_servers: ({ maxServers }) => maxServers,
  keypair: ({ keypair }) => keypair,
  pool: ({ pool }) => pool,
  image_type: ({ imageType }) => imageType,
  ipv6_preferred: ({ ipv6Preferred }) => ipv6Preferred,
  clean_floating_ips: ({ cleanFloatingIps }) => cleanFloatingIps,
  rate: ({ rate }) => rate / SECOND,
  api_timeout: ({ apiTimeout }) => apiTimeout / SECOND,
  boot_timeout: ({ bootTimeout }) => bootTimeout / SECOND,
  launch_timeout: ({ launchTimeout }) => launchTimeout / SECOND,
};

const ofImage: Fields<ProviderImageConfig> = {
  name: ({ name }) => name,
  min_ram: ({ minRamMib }) => minRamMib,
  base_image: ({ baseImage }) => baseImage,
  name_filter: ({ nameFilter }) => nameFilter,
  flavor_name: ({ flavorName }) => flavorName,
  setup: ({ setup }) => setup,
  diskimage: ({ diskimage }) => diskimage,
  username: ({ username }) => username,
  user_home: ({ userHome }) => userHome,
  private_key: ({ privateKey }) => privateKey,
  config_drive: ({ configDrive }) => configDrive,
  key_name: ({ keypair }) => keypair,
};

const namesOf = (prefix: string, fields: Fields<never>) =>
  Object.keys(fields).map((key) => `${prefix}.${key}`);

/** Fields of an image's name (`template-hostname`), a node's and a subnode's. */
export const imageNameFields: ReadonlySet<string> = new Set([
  ...namesOf("image", ofImage),
  ...namesOf("provider", ofProvider),
  "timestamp",
]);
export const hostnameFields: ReadonlySet<string> = new Set([
  ...namesOf("label", ofLabel),
  ...imageNameFields,
  "node_id",
]);
export const subnodeHostnameFields: ReadonlySet<string> = new Set([...hostnameFields, "subnode_id"]);

/** The values of what is given; `timestamp` is Unix time in seconds and text, as in 2016. */
export function nameFields(
  { label, provider, image, timestamp }: {
    readonly label?: LabelConfig;
    readonly provider: ProviderConfig;
    readonly image: ProviderImageConfig;
    readonly timestamp: number;
  },
): Record<string, FieldValue> {
  return {
    ...(label === undefined ? {} : valuesOf("label", ofLabel, label)),
    ...valuesOf("provider", ofProvider, provider),
    ...valuesOf("image", ofImage, image),
    timestamp: String(timestamp),
  };
}

function valuesOf<Of extends object>(prefix: string, fields: Fields<Of>, of: Of): Values {
  const known = kept.get(of);
  if (known !== undefined) return known;
  const values = Object.entries(fields).map(([key, value]) => [`${prefix}.${key}`, value(of)] as const);
  kept.set(of, Object.fromEntries(values));
  return kept.get(of)!;
}

type Values = Readonly<Record<string, FieldValue>>;

/** By the part of a configuration, which never changes: thousands of nodes are named after the same few. */
const kept = new WeakMap<object, Values>();
