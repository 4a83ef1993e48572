/**
 * A `Config` as its file would say it: the file's key names, durations with units, and every secret wrapped so
 * that it can be compared but not printed. Shown by `showConfig`, compared by `diffConfig`.
 */
import { isUnknown } from "../domain/cloud_access.ts";
import type { Config, ListenAddress } from "../domain/config.ts";

export type View = null | boolean | number | string | Secret | readonly View[] | {
  readonly [key: string]: View;
};

/** Something that must not be seen; prints as `***`, whoever prints it. */
export class Secret {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }
}

/** Keys without a value (null) are left out, as they would be in the file. */
export function viewConfig(config: Config): { readonly [key: string]: View } {
  const { status, labels, ...rest } = config;
  return viewRecord({
    ...rest,
    providers: config.providers.map((provider) =>
      isUnknown(provider.access) ? { ...provider, access: { name: provider.access.name } } : provider
    ),
    labels: labels.map((label) => ({ ...label, providers: label.providers.map((name) => ({ name })) })),
    status: {
      ...status,
      listen: oneOrAll(status.listen.map(hostAndPort)),
      allowOrigin: oneOrAll(status.allowOrigin),
    },
  });
}

/** As it would stand in the file. */
function oneOrAll(values: readonly string[]): string | readonly string[] | null {
  return values.length > 1 ? values : values[0] ?? null;
}

function hostAndPort({ hostname, port }: ListenAddress): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** Names that are not just the file's in another spelling. */
const NAMES: Readonly<Record<string, string>> = {
  minRamMib: "min-ram",
  apiKey: "apikey",
  caCert: "cacert",
  clientCert: "cert",
  clientKey: "key",
};

const SECRETS = new Set(["password", "apiKey", "token", "secret", "userdata"]);

const DURATIONS = new Set([
  ...["maxReadyAge", "buildTimeout", "rebuildAge", "apiTimeout", "bootTimeout", "launchTimeout", "rate"],
  ...[
    "checkTimeout",
    "deleteTimeout",
    "deleteDelay",
    "nodeStuck",
    "testStuck",
    "imageKeep",
    "idle",
    "holdMaxAge",
  ],
]);

/** Mappings whose keys are the user's own. */
const FREE = new Set(["envVars", "meta", "endpointOverrides", "apiVersions", "serviceTypes", "serviceNames"]);

/** The user's own entries that are better not shown. */
const SECRET_LIKE = /pass|secret|token|credential|private|(?:^|[_-])key/i;

function viewRecord(record: object): { readonly [key: string]: View } {
  const entries = Object.entries(record).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [fileName(key), viewField(key, value)]));
}

function viewField(key: string, value: unknown): View {
  if (SECRETS.has(key)) return new Secret(value);
  if (DURATIONS.has(key)) return formatDuration(value as number);
  return FREE.has(key) ? viewFree(value as Record<string, string>) : viewValue(value);
}

function viewFree(record: Readonly<Record<string, string>>): View {
  const entries = Object.entries(record);
  return Object.fromEntries(entries.map(([key, value]) => [
    key,
    SECRET_LIKE.test(key) ? new Secret(value) : withoutPassword(value),
  ]));
}

function viewValue(value: unknown): View {
  if (Array.isArray(value)) return value.map(viewValue);
  if (value !== null && typeof value === "object") return viewRecord(value);
  return typeof value === "string" ? withoutPassword(value) : value as View;
}

/** An address may carry a user and a password. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//***@");
}

function fileName(key: string): string {
  return NAMES[key] ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The largest unit that leaves a whole number: `8h`, `90s`, `0.1` (seconds). */
export function formatDuration(milliseconds: number): string | number {
  const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;
  if (milliseconds === 0) return 0;
  const fitting = units.find(([, size]) => milliseconds % size === 0);
  return fitting === undefined ? milliseconds / 1000 : `${milliseconds / fitting[1]}${fitting[0]}`;
}
