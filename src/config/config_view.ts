/**
 * A `Config` as its file would say it: the file's key names, durations with units, and every secret wrapped so
 * that it can be compared but not printed. The sections' schemas say which is which; what they do not know is a secret.
 * Shown by `config-validate --show`, compared by `diffConfig`.
 */
import { isDeepStrictEqual } from "node:util";
import * as v from "valibot";
import { stringify } from "yaml";
import { isUnknown } from "../domain/cloud_access.ts";
import type { Config, ListenAddress, ProviderConfig } from "../domain/config.ts";
import type { EtcdConfig } from "../domain/etcd_config.ts";
import { briefDuration } from "../domain/time.ts";
import { configSection } from "./schema/config_section.ts";
import { providerSection } from "./schema/provider_section.ts";
import { textMap } from "./schema/fields.ts";
import { fieldName, itemOf, section, sectionAt, traitsOf, withTraits } from "./schema/section.ts";
import { withoutPassword } from "../lib/without_password.ts";
import { bracketed } from "../domain/bracketed.ts";

/** Shown with all that is in it. */
const openField = v.pipe(v.unknown(), withTraits({ isOpen: true }));

/**
 * How a cloud is reached: the result of a provider's own keys and of clouds.yaml. Of the login, only what is listed here is
 * shown, so that everything else that an authentication method needs is hidden.
 */
const accessSection = section({
  ...openFields([
    "name",
    "auth-url",
    "scope",
    "region-name",
    "interfaces",
    "service-interfaces",
    "service-regions",
  ]),
  ...openFields(["verify", "cacert", "cert", "key", "image-format", "routing", "proxy"]),
  auth: section(openFields(["method", "id", "name", "user-id", "username", "user-domain"])),
  "endpoint-overrides": textMap(),
  "api-versions": textMap(),
  "service-types": textMap(),
  "service-names": textMap(),
});

function openFields(keys: readonly string[]): Record<string, typeof openField> {
  return Object.fromEntries(keys.map((key) => [key, openField]));
}

export type View = null | boolean | number | string | Secret | readonly View[] | {
  readonly [key: string]: View;
};

/** Something that must not be seen, or not as a whole; prints as `***` or as what may be seen of it everywhere. */
export class Secret {
  readonly #value: unknown;
  readonly #shown: string;

  constructor(value: unknown, shown = "***") {
    this.#value = value;
    this.#shown = shown;
  }

  equals(other: Secret): boolean {
    return isDeepStrictEqual(this.#value, other.#value);
  }

  toString(): string {
    return this.#shown;
  }

  toJSON(): string {
    return this.#shown;
  }
}

/** YAML by the file's own key names, with every default, for `config-validate --show`. */
export function showConfig(config: Config): string {
  return stringify(viewConfig(config), { lineWidth: 110 });
}

/** Keys without a value (null) are left out, as they would be in the file. */
export function viewConfig(config: Config): { readonly [key: string]: View } {
  const { status, labels, etcd, ...rest } = config;
  const fields = {
    ...rest,
    etcd: etcd && etcdFields(etcd),
    labels: labels.map((label) => ({ ...label, providers: label.providers.map((name) => ({ name })) })),
    status: {
      ...status,
      listen: oneOrAll(status.listen.map(hostAndPort)),
      allowOrigin: oneOrAll(status.allowOrigin),
    },
  };
  return viewFields(configSection, fields, { providers: config.providers.map(viewProvider) });
}

/** Without what stands in `state`. */
function etcdFields({ endpoints: _, pool: _pool, cert, key, control, ...fields }: EtcdConfig): object {
  const { hostname, port } = control;
  const isDefault = hostname === null && port === 0;
  return {
    ...fields,
    clientCert: cert,
    clientKey: key,
    control: isDefault ? null : hostname === null ? port : hostAndPort({ hostname, port }),
  };
}

function viewProvider(provider: ProviderConfig): View {
  // Whatever names the authorities, they are the same.
  const { caSetting: _, ...access } = provider.access;
  const shown = isUnknown(provider.access) ? { name: access.name } : access;
  return viewFields(providerSection, provider, { access: viewFields(accessSection, shown) });
}

/** As it would stand in the file. */
function oneOrAll(values: readonly string[]): string | readonly string[] | null {
  return values.length > 1 ? values : values[0] ?? null;
}

function hostAndPort({ hostname, port }: ListenAddress): string {
  return `${bracketed(hostname)}:${port}`;
}

/** Hides every field that the section does not know. @param made views that are made by themselves */
function viewFields(
  schema: unknown,
  fields: object,
  made: { readonly [key: string]: View } = {},
): { readonly [key: string]: View } {
  const entries = Object.entries(sectionAt(schema, []) ?? {});
  const known = new Map(entries.map(([key, entry]) => [fieldName(key), { key, entry }]));
  const shown = Object.entries(fields).filter(([, value]) => value !== null).map(([field, value]) => {
    const { key, entry } = known.get(field) ?? { key: field };
    return [key, made[key] ?? (entry === undefined ? new Secret(value) : viewValue(entry, value))];
  });
  return Object.fromEntries(shown);
}

function viewValue(schema: unknown, value: unknown): View {
  const { isHidden, isDuration, isFree, isOpen } = traitsOf(schema);
  if (isHidden) return new Secret(value);
  if (isDuration) return briefDuration(value as number);
  if (isFree) return viewFree(value);
  if (Array.isArray(value)) return value.map((item) => viewValue(itemOf(schema), item));
  if (value === null || typeof value !== "object") return viewScalar(value);
  return isOpen ? viewOpen(value) : viewFields(schema, value);
}

/** Of an address without its password, all is compared. */
function viewScalar(value: unknown): View {
  const shown = typeof value === "string" ? withoutPassword(value) : value as View;
  return typeof shown === "string" && shown !== value ? new Secret(value, shown) : shown;
}

/** Shows a record that no schema describes, key by key. */
function viewOpen(record: object): View {
  const entries = Object.entries(record).filter(([, value]) => value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [
    key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    viewValue(openField, value),
  ]));
}

/** The user's own entries that are better not shown. */
const SECRET_LIKE = /pass|secret|token|credential|private|(?:^|[_-])key/i;

/** Shows the user's own entries by their own names. An amount is no secret, whatever it is an amount of. */
function viewFree(value: unknown): View {
  if (Array.isArray(value)) return value.map(viewFree);
  if (value === null || typeof value !== "object") return viewScalar(value);
  const entries = Object.entries(value).map(([key, entry]) => {
    const isSecret = SECRET_LIKE.test(key) && typeof entry !== "number";
    return [key, isSecret ? new Secret(entry) : viewFree(entry)];
  });
  return Object.fromEntries(entries);
}
