/** Names the settings of a cloud's entry that have no effect here, whether openstacksdk reads them or nobody does. */
import type { Findings } from "../checks/check_source.ts";
import { didYouMean } from "../../lib/nearest_name.ts";
import { type CloudSources, knownClouds } from "./cloud_settings.ts";
import { isSettings, normalizeSettings } from "./settings.ts";

/** The keys that a cloud's entry may have beside `auth` and its options. */
const READ = [
  "auth",
  "auth_type",
  "auth_plugin",
  "profile",
  "cloud",
  "region_name",
  "regions",
  "interface",
  "endpoint_type",
  "verify",
  "insecure",
  "cacert",
  "cert",
  "key",
  "image_format",
  "default_domain",
  "networks",
  "external_network",
  "internal_network",
  "private",
  "proxy",
  "floating_ip_source",
  "use_external_network",
  "use_internal_network",
  "force_ipv4",
  "prefer_ipv6",
];

const READ_PER_SERVICE =
  /_(?:endpoint_override|endpoint|api_version|service_type|service_name|interface|endpoint_type|region_name)$/;

/** Options of `auth` that may stand beside it. */
const READ_FOR_AUTH =
  /^(?:auth_url|username|user_name|user_id|password|token|auth_token|system_scope|trust_id|(?:default_)?domain_(?:id|name)|(?:user_domain|project|project_domain|tenant)_(?:id|name)|application_credential_(?:id|name|secret))$/;

/** Known to openstacksdk, of no use here: nothing is missing when they have no effect. */
const HARMLESS =
  /^(?:requires_floating_ip|secgroup_source|nat_(?:source|destination)|image_api_use_tasks|disable_vendor_agent|vendor_hook|has_\w+|(?:api_)?timeout|message|status|cache|(?:\w+_)?(?:connect_retries|connect_retry_delay|status_code_retries|status_code_retry_delay)|metrics|use_direct_get|rate_limit|app_name|app_version|additional_user_agent|additional_metric_tags|identity_provider|domain_id)$/;

/** Changes what a call does in openstacksdk, and is not supported. */
const MISSED = /(?:_|^)(?:default_microversion|min_version|max_version)$/;

export function tellIgnoredSettings(
  cloud: string,
  { sources, findings }: { sources: CloudSources; findings: Findings },
): void {
  const ignored = ignoredSettings(cloud, sources);
  const harmless = ignored.filter((key) => HARMLESS.test(key));
  if (harmless.length > 0) findings.notice([], `cloud "${cloud}": no effect here: ${harmless.join(", ")}`);
  for (const key of ignored) {
    if (!HARMLESS.test(key)) findings.warning([], `cloud "${cloud}": ${whyWithoutEffect(key)}`);
  }
}

/** For the error of a cloud that lacks a setting: the settings that may be meant for it, without a warning of their own. */
export function mistypedSettings(cloud: string, sources: CloudSources): readonly string[] {
  return ignoredSettings(cloud, sources).filter((key) => !HARMLESS.test(key) && hintFor(key) !== "").map(
    whyWithoutEffect,
  );
}

function ignoredSettings(cloud: string, sources: CloudSources): readonly string[] {
  const entry = knownClouds(sources)[cloud];
  // Variables such as OS_PS1 are nobody's mistake.
  if (!isSettings(entry) || cloud === sources.variables.name) return [];
  const settings = normalizeSettings(entry);
  return Object.keys(settings).filter((key) =>
    settings[key] !== null && !READ.includes(key) && !READ_PER_SERVICE.test(key) && !READ_FOR_AUTH.test(key)
  );
}

function whyWithoutEffect(key: string): string {
  return MISSED.test(key)
    ? `${key} is not supported and has no effect`
    : `${key} is unknown and has no effect${hintFor(key)}`;
}

function hintFor(key: string): string {
  return didYouMean(key, [...READ, "auth_url", "username", "password", "project_name", "project_id"]);
}
