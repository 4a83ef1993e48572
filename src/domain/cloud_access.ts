/**
 * How to reach one OpenStack: the result of a provider's own keys or an entry of clouds.yaml, after profiles,
 * secrets and environment are merged. Holds secrets: never log or print one.
 */

import { type CloudRouting, PLAIN_ROUTING } from "./cloud_routing.ts";
import { describeProxy, NO_PROXY, proxyFor, type ProxyRules } from "./proxy_rules.ts";

export interface CloudAccess {
  /** The clouds.yaml entry, `envvars`, or the provider's name where its keys stand in the configuration. */
  readonly name: string;
  /** Keystone's address as given: may end in `/v2.0`, `/v3`, a slash or nothing; all lead to v3. */
  readonly authUrl: string;
  readonly auth: Auth;
  readonly scope: Scope;
  readonly regionName: string | null;
  /** Whose endpoints are taken, the preferred ones first. */
  readonly interfaces: readonly EndpointInterface[];
  /** By service type: where `*_interface` and `*_region_name` say something else. */
  readonly serviceInterfaces: Readonly<Record<string, readonly EndpointInterface[]>>;
  readonly serviceRegions: Readonly<Record<string, string>>;
  /** Whether the server's TLS certificate is checked. */
  readonly verify: boolean;
  /** The setting or variable that names `caCert`, for messages. */
  readonly caSetting: string;
  /** Path of a file with further certificate authorities, and of a client certificate with its key (PEM). */
  readonly caCert: string | null;
  readonly clientCert: string | null;
  readonly clientKey: string | null;
  /** By service type (`compute`, `image`, `network`, …): used instead of the catalog's endpoint. */
  readonly endpointOverrides: Readonly<Record<string, string>>;
  /** By service type: what `*_api_version` asks for. */
  readonly apiVersions: Readonly<Record<string, string>>;
  /** By service type: what `*_service_type` and `*_service_name` ask for in the catalog. */
  readonly serviceTypes: Readonly<Record<string, string>>;
  readonly serviceNames: Readonly<Record<string, string>>;
  /** The disk format that this cloud wants images in: `image_format`, e.g. `qcow2`. */
  readonly imageFormat: string | null;
  /** How its servers are reached. */
  readonly routing: CloudRouting;
  /** How it is itself reached. */
  readonly proxy: ProxyRules;
}

/** For a cloud of which only the address and the login are known. */
export const PLAIN_ACCESS: Omit<CloudAccess, "name" | "authUrl" | "auth" | "scope" | "regionName"> = {
  interfaces: ["public"],
  serviceInterfaces: {},
  serviceRegions: {},
  verify: true,
  caCert: null,
  caSetting: "cacert",
  clientCert: null,
  clientKey: null,
  endpointOverrides: {},
  apiVersions: {},
  serviceTypes: {},
  serviceNames: {},
  imageFormat: null,
  routing: PLAIN_ROUTING,
  proxy: NO_PROXY,
};

export type EndpointInterface = "public" | "internal" | "admin";

/** Something of Keystone's by its id, or else by its name. */
export interface KeystoneRef {
  readonly id: string | null;
  readonly name: string | null;
}

interface UserRef {
  readonly userId: string | null;
  readonly username: string | null;
  readonly userDomain: KeystoneRef;
}

export type Auth =
  | { readonly method: "password"; readonly password: string } & UserRef
  | { readonly method: "token"; readonly token: string }
  /** The user is only read where the credential is given by name. */
  | { readonly method: "application_credential"; readonly secret: string } & KeystoneRef & UserRef;

export type Scope =
  /** A name lives in the domain, an id needs none. */
  | { readonly kind: "project"; readonly domain: KeystoneRef } & KeystoneRef
  | { readonly kind: "domain"; readonly domain: KeystoneRef }
  | { readonly kind: "system" }
  /** An application credential carries its scope itself. */
  | { readonly kind: "none" };

/** Whether only its name is known, since the file that was checked is meant for a machine with another clouds.yaml. */
export function isUnknown({ authUrl }: CloudAccess): boolean {
  return authUrl === "";
}

/** The proxy through which its Keystone is asked, without its password; null: none. */
export function keystoneProxy({ authUrl, proxy }: CloudAccess): string | null {
  const found = URL.canParse(authUrl) ? proxyFor(new URL(authUrl), proxy) : null;
  return found === null ? null : describeProxy(found);
}
