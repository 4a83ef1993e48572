/**
 * One cloud's settings out of clouds.yaml, secure.yaml, profiles, variables and the provider's own keys: what
 * openstacksdk's `OpenStackConfig().get_one(cloud, region_name=…, **own)` comes to.
 */
import type { CloudFiles } from "./cloud_files.ts";
import { authMethod, gatherAuthOptions } from "./auth_options.ts";
import { chooseRegion } from "./cloud_regions.ts";
import type { EnvironmentCloud } from "./environment_cloud.ts";
import { formatSetting } from "./format_setting.ts";
import { authOf, modernizeSettings } from "./older_names.ts";
import { didYouMean } from "../../lib/nearest_name.ts";
import {
  booleanSetting,
  cloudDefaults,
  CloudSettingsError,
  copySettings,
  isSettings,
  mergeSettings,
  normalizeSettings,
  type Settings,
  textSetting,
  updateSettings,
} from "./settings.ts";
import { vendorNames, vendorProfile } from "./vendor_profiles.ts";

export interface CloudSources {
  readonly files: CloudFiles;
  readonly variables: EnvironmentCloud;
}

/** The provider's own settings, which win over the cloud's entry. */
export interface OwnSettings {
  readonly regionName: string | null;
  /** By clouds.yaml's names, `auth` among them. */
  readonly settings: Settings;
}

/** Every cloud by name: those of the files, then the variables' one. */
export function knownClouds({ files, variables }: CloudSources): Settings {
  const merged = mergeSettings(files.clouds?.settings ?? {}, files.secure?.settings ?? {});
  const clouds = isSettings(merged.clouds) ? merged.clouds : Object.create(null) as Settings;
  if (variables.name in clouds) {
    throw new CloudSettingsError(
      `both ${files.clouds?.path} and OS_CLOUD_NAME define a cloud "${variables.name}"; rename one of them`,
    );
  }
  if (variables.settings !== null) clouds[variables.name] = variables.settings;
  return clouds;
}

/** The cloud meant where none is named: OS_CLOUD, the variables' one, or the only one; null: none of these. */
export function defaultCloud(sources: CloudSources): string | null {
  const { chosen, settings, name } = sources.variables;
  if (chosen !== null) return chosen;
  if (settings !== null) return name;
  const names = Object.keys(knownClouds(sources));
  return names.length === 1 ? names[0]! : null;
}

/**
 * The settings with every default, profile and region applied and braces filled in.
 * @param name null: no cloud's, only the provider's own
 * @throws CloudSettingsError
 */
export function cloudSettings(
  name: string | null,
  { sources, own }: { sources: CloudSources; own: OwnSettings },
): Settings {
  const entry = name === null ? Object.create(null) as Settings : cloudEntry(name, sources);
  const profile = profileOf(entry, sources);
  const settings = cloudDefaults();
  updateSettings(settings, profile);
  authOf(settings);
  updateSettings(settings, entry);
  delete settings.cloud;
  delete settings.regions;
  const region = chooseRegion(entry, { profile, wanted: own.regionName });
  for (const layer of [region.settings, { ...own.settings, region_name: region.name }]) {
    // Null values do not displace any.
    updateSettings(settings, Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== null)));
  }
  const finished = finish(settings);
  finished.force_ipv4 ??= forcesIpv4(sources);
  return finished;
}

/** For clouds that say nothing of it: `client` of clouds.yaml, and variables, which win. */
function forcesIpv4({ files, variables }: CloudSources): boolean {
  const client = isSettings(files.clouds?.settings.client) ? files.clouds.settings.client : {};
  const prefersIpv6 = variables.preferIpv6 ?? client.prefer_ipv6 ?? client["prefer-ipv6"] ?? true;
  const forces = variables.forceIpv4 ?? client.force_ipv4 ?? client["broken-ipv6"] ?? false;
  return booleanSetting(forces) || !booleanSetting(prefersIpv6);
}

function cloudEntry(name: string, sources: CloudSources): Settings {
  const clouds = knownClouds(sources);
  const entry = Object.hasOwn(clouds, name) ? clouds[name] : undefined;
  if (isSettings(entry)) return copySettings(entry);
  if (entry !== undefined) throw new CloudSettingsError("its entry is not a mapping");
  throw new CloudSettingsError(missingCloud(name, { names: Object.keys(clouds), files: sources.files }));
}

function missingCloud(name: string, { names, files }: { names: string[]; files: CloudFiles }): string {
  if (files.clouds === null && names.length === 0) {
    const searched = files.searched.join(", ");
    return `no clouds.yaml found; looked for ${searched}; write one, or name it in OS_CLIENT_CONFIG_FILE`;
  }
  const known = names.length === 0 ? "none are defined" : `known: ${names.join(", ")}`;
  return `no such cloud; ${known}${didYouMean(name, names)}`;
}

function finish(mutable: Settings): Settings {
  modernizeSettings(mutable);
  const auth = authOf(mutable);
  if (typeof auth.auth_url === "string") {
    auth.auth_url = formatSetting(auth.auth_url, { key: "auth_url", settings: mutable });
  }
  const settings = normalizeSettings(mutable);
  gatherAuthOptions(settings, authMethod(settings.auth_type));
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value === "string") settings[key] = formatSetting(value, { key, settings });
  }
  return settings;
}

function profileOf(entry: Settings, { files, variables }: CloudSources): Settings {
  const name = textSetting(entry.profile) ?? textSetting(entry.cloud);
  if (name === null || name === variables.name) return {};
  const fromFile = files.vendors?.settings["public-clouds"];
  if (isSettings(fromFile) && isSettings(fromFile[name])) return fromFile[name];
  if (name.includes("://") || name === "vexxhost") {
    throw new CloudSettingsError(
      `profile "${name}" would be fetched from the web, which is not supported; copy its settings into clouds-public.yaml`,
    );
  }
  const known = vendorProfile(name);
  if (known !== null) return known;
  throw new CloudSettingsError(
    `profile "${name}" is unknown and not in clouds-public.yaml${didYouMean(name, vendorNames)}`,
  );
}
