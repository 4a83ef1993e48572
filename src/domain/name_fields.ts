/**
 * The fields that templates of names may use, under 2016's names: every plain value of the label, the provider and the
 * image that a server or an image belongs to. Lengths of time are seconds. Never a secret.
 */
import type { LabelConfig, ProviderConfig, ProviderImageConfig } from "./config.ts";
import type { FieldValue } from "./format_spec.ts";
import { SECOND } from "./time.ts";

type Fields<Of> = Readonly<Record<string, (of: Of) => FieldValue>>;

/** Values as they are; `minReady` is the field `min_ready`. */
function plain<Of>(...keys: readonly (keyof Of & string)[]): Fields<Of> {
  return Object.fromEntries(keys.map((key) => [snakeCase(key), (of) => of[key] as FieldValue]));
}

function inSeconds<Of>(...keys: readonly (keyof Of & string)[]): Fields<Of> {
  return Object.fromEntries(keys.map((key) => [snakeCase(key), (of) => of[key] as number / SECOND]));
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const ofLabel = plain<LabelConfig>("name", "image", "minReady", "subnodes", "readyScript", "maxServers");

const ofProvider: Fields<ProviderConfig> = {
  name: ({ name }) => name,
  cloud: ({ access }) => access.name,
  region_name: ({ access }) => access.regionName,
  ...plain("maxServers", "keypair", "pool", "imageType", "ipv6Preferred", "cleanFloatingIps"),
  ...inSeconds("rate", "apiTimeout", "bootTimeout", "launchTimeout"),
};

const ofImage: Fields<ProviderImageConfig> = {
  name: ({ name }) => name,
  min_ram: ({ minRamMib }) => minRamMib,
  ...plain(
    "baseImage",
    "nameFilter",
    "flavorName",
    "setup",
    "diskimage",
    "username",
    "userHome",
    "privateKey",
  ),
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
  return kept.getOrInsertComputed(
    of,
    () => Object.fromEntries(Object.entries(fields).map(([key, value]) => [`${prefix}.${key}`, value(of)])),
  );
}

type Values = Readonly<Record<string, FieldValue>>;

/** By the part of a configuration, which never changes: thousands of nodes are named after the same few. */
const kept = new WeakMap<object, Values>();
