/** How every provider of a file reaches its cloud, and what is wrong or without effect in its settings. */
import type { CloudAccess } from "../../domain/cloud_access.ts";
import type { ProxyRules } from "../../domain/proxy_rules.ts";
import { type CheckSource, Findings } from "../checks/check_source.ts";
import type { Environment } from "../environment.ts";
import { environmentProxies } from "../environment_proxies.ts";
import { exposedFiles } from "../read_text.ts";
import { accessKeys, loginKeys } from "../schema/provider_section.ts";
import type { ProviderDraft } from "../validate_tree.ts";
import type { YamlPath } from "../yaml_node.ts";
import { holdsSecretOption } from "./auth_options.ts";
import { cloudAccessFrom, unknownAccess } from "./cloud_access_from.ts";
import { readCloudFiles } from "./cloud_files.ts";
import { cloudSettings, type CloudSources, defaultCloud, type OwnSettings } from "./cloud_settings.ts";
import { environmentCloud } from "./environment_cloud.ts";
import { CloudSettingsError, type Settings } from "./settings.ts";
import { mistypedSettings, tellIgnoredSettings } from "./ignored_settings.ts";

/** @param withoutClouds whether a machine without any clouds.yaml gets by with one warning for all providers */
export async function checkCloudAccess(
  source: CheckSource,
  { withoutClouds }: { withoutClouds: boolean },
): Promise<{ access: readonly (CloudAccess | null)[]; findings: Findings }> {
  const { draft, environment, signal } = source;
  const findings = new Findings(source);
  const sources = {
    files: await readCloudFiles({ environment, signal }),
    variables: environmentCloud(environment),
  };
  const proxies = environmentProxies((name) => environment.env(name));
  for (const problem of proxies.problems) findings.warning(["providers"], problem);
  const providers = draft.providers ?? [];
  if (providers.some(readsFiles)) {
    findings.errors.push(...sources.files.problems);
    const { clouds, secure } = sources.files;
    const secretive = [clouds, secure].flatMap((file) =>
      file !== null && holdsSecretOption(file.settings) ? file.path : []
    );
    findings.warnings.push(...await exposedFiles(secretive, { environment, signal }));
  }
  const unchecked = withoutClouds ? providers.filter((provider) => lacksCloudFile(provider, sources)) : [];
  if (unchecked.length > 0) {
    const names = unchecked.map(({ name }) => name ?? UNNAMED).join(", ");
    findings.warning(
      placeOf(unchecked[0]!, providers.indexOf(unchecked[0]!)),
      `no clouds.yaml found, so the cloud of ${names} is not checked; ` +
        `looked for ${sources.files.searched.join(", ")}`,
    );
  }
  const access = providers.map((provider, index) => {
    if (unchecked.includes(provider)) return unknownAccess(provider.cloud ?? UNNAMED);
    const own = findings.at("providers", index);
    // Where a key or a file is wrong by itself, what follows from it would mislead.
    const isWrong = accessKeys.some((key) => provider[key] === undefined && own.isGiven([key]));
    if (isWrong || readsFiles(provider) && sources.files.problems.length > 0) return null;
    const place = findings.at(...placeOf(provider, index));
    return accessOf(provider, { sources, environment, findings: place, proxies: proxies.rules });
  });
  return { access, findings };
}

/** Whether only a clouds.yaml could say how it is reached, and this machine has none. */
function lacksCloudFile(provider: ProviderDraft, sources: CloudSources): boolean {
  const { files, variables } = sources;
  const isRead = files.clouds !== null || files.secure !== null || files.problems.length > 0;
  if (isRead || !readsFiles(provider)) return false;
  const meant = provider.cloud ?? variables.chosen ?? variables.name;
  return variables.settings === null || meant !== variables.name;
}

const UNNAMED = "(unnamed)";

function accessOf(
  provider: ProviderDraft,
  { sources, environment, findings, proxies }: {
    readonly sources: CloudSources;
    readonly environment: Environment;
    readonly findings: Findings;
    readonly proxies: ProxyRules;
  },
): CloudAccess | null {
  try {
    const cloud = cloudOf(provider, sources);
    if (cloud !== null && provider.cloud === undefined) {
      findings.notice([], `names no cloud; using "${cloud}", the default from clouds.yaml and OS_CLOUD`);
    }
    const settings = cloudSettings(cloud, { sources, own: ownSettings(provider) });
    if (cloud !== null) tellIgnoredSettings(cloud, { sources, findings });
    return cloudAccessFrom(cloud ?? provider.name ?? UNNAMED, { settings, environment, proxies });
  } catch (error) {
    if (!(error instanceof CloudSettingsError)) throw error;
    const slips = mistypedSettings(provider.cloud ?? "", sources);
    findings.error([], [describeFailure(provider, { message: error.message, sources }), ...slips].join("; "));
    return null;
  }
}

function placeOf({ cloud }: ProviderDraft, index: number): YamlPath {
  return ["providers", index, ...(cloud === undefined ? [] : ["cloud"])];
}

function readsFiles(provider: ProviderDraft): boolean {
  return provider.cloud !== undefined || !hasOwnAuth(provider);
}

/** Without `cloud` and without keys of its own, a provider means openstacksdk's default cloud, as in 2016. */
function cloudOf(provider: ProviderDraft, sources: CloudSources): string | null {
  if (provider.cloud !== undefined) return provider.cloud;
  if (hasOwnAuth(provider)) return null;
  const cloud = defaultCloud(sources);
  if (cloud !== null) return cloud;
  throw new CloudSettingsError(
    "missing cloud: give cloud, or auth-url with username and password",
  );
}

function describeFailure(
  provider: ProviderDraft,
  { message, sources }: { message: string; sources: CloudSources },
): string {
  if (provider.cloud === undefined) {
    // A provider's own keys have other names than clouds.yaml's.
    return message.replace(/\bauth\.([a-z_]+)/g, (_, name: string) => name.replaceAll("_", "-"));
  }
  const at = sources.files.clouds === null ? "" : ` (${sources.files.clouds.path})`;
  return `cloud "${provider.cloud}"${at}: ${message}`;
}

function hasOwnAuth(provider: ProviderDraft): boolean {
  return Object.keys(ownAuth(provider)).length > 0;
}

function ownAuth(provider: ProviderDraft): Settings {
  return withoutMissing(
    Object.fromEntries(loginKeys.map((key) => [key.replaceAll("-", "_"), provider[key]])),
  );
}

function ownSettings(provider: ProviderDraft): OwnSettings {
  const settings = withoutMissing({
    compute_service_type: provider["service-type"],
    compute_service_name: provider["service-name"],
    auth: ownAuth(provider),
  });
  return { regionName: provider["region-name"] ?? null, settings };
}

function withoutMissing(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
