/** Older names and places of settings brought to today's, in openstacksdk's order: the last name listed wins. */
import { gatherNetworks } from "./cloud_networks.ts";
import { booleanSetting, isSettings, type Settings, textSetting } from "./settings.ts";

const AUTH_NAMES: Readonly<Record<string, readonly string[]>> = {
  domain_id: ["domain_id", "domain-id"],
  domain_name: ["domain_name", "domain-name"],
  user_domain_id: ["user_domain_id", "user-domain-id"],
  user_domain_name: ["user_domain_name", "user-domain-name"],
  project_domain_id: ["project_domain_id", "project-domain-id"],
  project_domain_name: ["project_domain_name", "project-domain-name"],
  token: ["auth-token", "auth_token", "token"],
  project_id: ["tenant_id", "tenant-id", "project_id", "project-id"],
  project_name: ["tenant_name", "tenant-name", "project_name", "project-name"],
};

/** Changes `cloud`, whose `auth` is a mapping. */
export function modernizeSettings(cloud: Settings): void {
  if ("endpoint_type" in cloud) rename(cloud, { from: "endpoint_type", to: "interface" });
  if (textSetting(cloud.auth_plugin) !== null && textSetting(cloud.auth_type) === null) {
    rename(cloud, { from: "auth_plugin", to: "auth_type" });
  }
  delete cloud.auth_plugin;
  gatherAuthNames(cloud);
  for (const key of Object.keys(cloud)) {
    if (key.endsWith("endpoint_type")) {
      rename(cloud, { from: key, to: key.replace("endpoint_type", "interface") });
    }
  }
  gatherTimeouts(cloud);
  gatherNetworks(cloud);
  spreadDomain(cloud, { from: "domain_id", to: ["user_domain_id", "project_domain_id"] });
  spreadDomain(cloud, { from: "domain_name", to: ["user_domain_name", "project_domain_name"] });
  for (const key of ["insecure", "cache"]) if (key in cloud) cloud[key] = booleanSetting(cloud[key]);
}

/** There is one for all services: the last one that an older name says. */
function gatherTimeouts(cloud: Settings): void {
  for (const key of Object.keys(cloud)) {
    if (!key.endsWith("timeout") || key === "timeout" || key === "api_timeout") continue;
    rename(cloud, { from: key, to: "api_timeout" });
  }
}

function rename(cloud: Settings, { from, to }: { from: string; to: string }): void {
  cloud[to] = cloud[from];
  delete cloud[from];
}

/** Names and domains may stand beside `auth` as well as in it; in it they win. */
function gatherAuthNames(cloud: Settings): void {
  const auth = authOf(cloud);
  for (const [name, spellings] of Object.entries(AUTH_NAMES)) {
    let value: string | null = null;
    for (const spelling of spellings) {
      value = textSetting(auth[spelling]) ?? textSetting(cloud[spelling]) ?? value;
      delete cloud[spelling];
      delete auth[spelling];
    }
    if (value !== null) auth[name] = value;
  }
}

/** One domain for user and project, where the scope is a project; else it is the scope itself. */
function spreadDomain(cloud: Settings, { from, to }: { from: string; to: readonly string[] }): void {
  const auth = authOf(cloud);
  if (!("project_id" in auth || "project_name" in auth)) return;
  for (const name of to) if (from in auth && !(name in auth)) auth[name] = auth[from];
  delete auth[from];
}

export function authOf(cloud: Settings): Settings {
  if (!isSettings(cloud.auth)) cloud.auth = Object.create(null);
  return cloud.auth as Settings;
}
