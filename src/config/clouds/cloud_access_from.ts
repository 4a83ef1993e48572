/** A cloud's finished settings as the `CloudAccess` that the client works with. */
import { NO_PROXY, type ProxyRules } from "../../domain/proxy_rules.ts";
import { type Environment, expandHome } from "../environment.ts";
import { proxyAddress } from "../environment_proxies.ts";
import {
  type Auth,
  type CloudAccess,
  type EndpointInterface,
  type KeystoneRef,
  PLAIN_ACCESS,
  type Scope,
} from "../../domain/cloud_access.ts";
import { type AuthMethod, authMethod, refuseStrayOptions, refuseUnknownOptions } from "./auth_options.ts";
import { cloudRoutingFrom } from "./cloud_routing_from.ts";
import { authOf } from "./older_names.ts";
import { booleanSetting, CloudSettingsError, type Settings, textSetting } from "./settings.ts";

/** @throws CloudSettingsError when something is missing, contradictory or not supported */
export function cloudAccessFrom(
  name: string,
  { settings, environment, proxies = NO_PROXY }: {
    settings: Settings;
    environment: Pick<Environment, "env" | "home">;
    /** The environment's; a `proxy` of the cloud's own is asked in their place. */
    proxies?: ProxyRules;
  },
): CloudAccess {
  const auth = authOf(settings);
  const method = authMethod(settings.auth_type);
  refuseUnknownOptions(auth, method);
  refuseStrayOptions(settings, method);
  if (textSetting(auth.trust_id) !== null) {
    throw new CloudSettingsError("auth.trust_id: trusts are not supported");
  }
  const fallback = textSetting(settings.default_domain) ?? DEFAULT_DOMAIN;
  const file = (key: string) => {
    const path = textSetting(settings[key]);
    return path === null ? null : expandHome(path, environment);
  };
  return {
    name,
    authUrl: authUrlOf(auth),
    auth: authFrom(auth, { method, fallback }),
    scope: method === "application_credential" ? { kind: "none" } : scopeFrom(auth, fallback),
    regionName: textSetting(settings.region_name),
    interfaces: interfacesOf(settings.interface ?? "public"),
    serviceInterfaces: Object.fromEntries(
      Object.entries(serviceSettings(settings, "interface")).map((
        [type, value],
      ) => [type, interfacesOf(value)]),
    ),
    serviceRegions: serviceSettings(settings, "region_name"),
    ...trustFrom(settings, environment),
    clientCert: file("cert"),
    clientKey: file("key"),
    endpointOverrides: {
      ...serviceSettings(settings, "endpoint"),
      ...serviceSettings(settings, "endpoint_override"),
    },
    apiVersions: serviceSettings(settings, "api_version"),
    serviceTypes: serviceSettings(settings, "service_type"),
    serviceNames: serviceSettings(settings, "service_name"),
    imageFormat: textSetting(settings.image_format),
    routing: cloudRoutingFrom(settings),
    proxy: proxyOf(settings, proxies),
  };
}

/** Stands for a cloud of which only the name is known. */
export function unknownAccess(name: string): CloudAccess {
  return {
    ...PLAIN_ACCESS,
    name,
    authUrl: "",
    auth: { method: "token", token: "" },
    scope: { kind: "none" },
    regionName: null,
  };
}

function authUrlOf(auth: Settings): string {
  const url = textSetting(auth.auth_url);
  if (url === null) throw new CloudSettingsError("missing auth.auth_url: give the address of its Keystone");
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CloudSettingsError("auth.auth_url is not an http:// or https:// address");
  }
  return url;
}

function authFrom(auth: Settings, { method, fallback }: { method: AuthMethod; fallback: string }): Auth {
  if (method === "token") return { method, token: needed(auth, "token") };
  const user = {
    userId: textSetting(auth.user_id),
    username: textSetting(auth.username),
    userDomain: domainOf(auth, { prefix: "user_domain", fallback }),
  };
  if (method === "password") {
    if (user.userId === null && user.username === null) needed(auth, "username");
    return { method, ...user, password: needed(auth, "password") };
  }
  const id = textSetting(auth.application_credential_id);
  const name = textSetting(auth.application_credential_name);
  if (id === null && name === null) needed(auth, "application_credential_id");
  if (id === null && user.userId === null && user.username === null) {
    throw new CloudSettingsError(
      "auth.application_credential_name needs auth.username or auth.user_id as well",
    );
  }
  return { method, id, name, ...user, secret: needed(auth, "application_credential_secret") };
}

function needed(auth: Settings, key: string): string {
  const value = textSetting(auth[key]);
  if (value === null) throw new CloudSettingsError(`missing auth.${key}`);
  return value;
}

/** The only domain that Keystone v2 knew, and the one that the `openstack` command assumes. */
const DEFAULT_DOMAIN = "default";

function domainOf(auth: Settings, { prefix, fallback }: { prefix: string; fallback: string }): KeystoneRef {
  return refOf(auth, prefix) ?? refOf(auth, "default_domain") ?? { id: fallback, name: null };
}

/** An id wins over a name; null: neither is given. */
function refOf(auth: Settings, prefix: string): KeystoneRef | null {
  const [id, name] = [textSetting(auth[`${prefix}_id`]), textSetting(auth[`${prefix}_name`])];
  return id === null && name === null ? null : { id, name: id === null ? name : null };
}

function scopeFrom(auth: Settings, fallback: string): Scope {
  const system = textSetting(auth.system_scope);
  if (system !== null && system !== "all") {
    throw new CloudSettingsError(`auth.system_scope can only be "all"`);
  }
  if (system !== null) return { kind: "system" };
  const project = refOf(auth, "project");
  if (project !== null) {
    return { kind: "project", ...project, domain: domainOf(auth, { prefix: "project_domain", fallback }) };
  }
  const domain = { id: textSetting(auth.domain_id), name: textSetting(auth.domain_name) };
  if (domain.id !== null || domain.name !== null) return { kind: "domain", domain };
  throw new CloudSettingsError(
    "missing auth.project_name or auth.project_id: the servers belong to a project",
  );
}

/** One, or several in the order of preference; those of Keystone v2 end with `URL`. */
function interfacesOf(value: unknown): EndpointInterface[] {
  const names = String(value).split(",").map((name) => name.trim()).filter((name) => name !== "");
  return (names.length === 0 ? ["public"] : names).map((text) => {
    const name = text.replace(/URL$/, "");
    if (name === "public" || name === "internal" || name === "admin") return name;
    throw new CloudSettingsError(`interface "${name}" is unknown; it can be public, internal or admin`);
  });
}

function proxyOf({ proxy }: Settings, proxies: ProxyRules): ProxyRules {
  if (proxy === undefined || proxy === null || proxy === "") return proxies;
  const address = typeof proxy === "string" ? proxyAddress(proxy) : null;
  if (address === null) throw new CloudSettingsError("proxy is not an http:// or https:// address");
  return { http: address, https: address, except: [] };
}

/** Variables that name the authorities for clouds that name none, the one that wins first. */
const CA_VARIABLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] as const;

/** Whether certificates are checked, and the authorities where a file names them: `verify` may be its path, too. */
function trustFrom(
  settings: Settings,
  environment: Pick<Environment, "env" | "home">,
): Pick<CloudAccess, "verify" | "caCert" | "caSetting"> {
  const text = textSetting(settings.verify)?.toLowerCase() ?? "true";
  const verify = !booleanSetting(settings.insecure) && !["false", "no", "0", "off"].includes(text);
  const isPath = !["true", "yes", "1", "on"].includes(text);
  const named = [
    ["cacert", textSetting(settings.cacert)],
    ["verify", isPath ? textSetting(settings.verify) : null],
    ...CA_VARIABLES.map((name) => [name, environment.env(name)] as const),
  ] as const;
  const [caSetting, path] = named.find(([setting, path]) => path && (verify || setting === "cacert")) ??
    ["cacert", null];
  return { verify, caSetting, caCert: path ? expandHome(path, environment) : null };
}

/** Official types of the services whose settings also go by older names, the one that wins first. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  "block-storage": ["block_storage", "volumev3", "volumev2", "volume", "block_store"],
  "object-store": ["object_store"],
  "load-balancer": ["load_balancer"],
};

/** Settings with such an ending that belong to no service. */
const OTHERS = new Set(["default_api_version"]);

/** Settings that are prefixed with a service, such as `compute_api_version`: their values by official service type, e.g. `{ compute: "2.60" }`. */
function serviceSettings(settings: Settings, ending: string): Record<string, string> {
  const found: Record<string, string> = {};
  const suffix = `_${ending}`;
  for (const [key, given] of Object.entries(settings)) {
    const value = Array.isArray(given) ? given.join(",") : given;
    if (!key.endsWith(suffix) || OTHERS.has(key) || textSetting(value) === null) continue;
    const prefix = key.slice(0, -suffix.length);
    const type = Object.keys(ALIASES).find((official) => ALIASES[official]!.includes(prefix)) ??
      prefix.replaceAll("_", "-");
    if (!(type in found) || ALIASES[type]?.[0] === prefix) found[type] = String(value);
  }
  return found;
}
