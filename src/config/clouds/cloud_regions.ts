/** A cloud's regions: `regions`, `region_name`, or its profile's; a region may carry settings of its own. */
import { CloudSettingsError, isSettings, normalizeSettings, type Settings, textSetting } from "./settings.ts";

interface Region {
  readonly name: string;
  readonly settings: Settings;
}

/**
 * The region asked for, or the first; one with an empty name where the cloud says nothing of regions.
 * @param options.wanted the provider's own region; it also overrides a cloud's single `region_name`
 * @throws CloudSettingsError when the cloud lists regions and the wanted one is not among them
 */
export function chooseRegion(
  cloud: Settings,
  { profile, wanted }: { profile: Settings; wanted: string | null },
): Region {
  const own = normalizeSettings(cloud);
  if (own.regions !== undefined) return regionAmong(expandRegions(own.regions), wanted);
  if (textSetting(own.region_name) !== null || Array.isArray(own.region_name)) {
    const names = Array.isArray(own.region_name) ? own.region_name : String(own.region_name).split(",");
    return names.length > 1
      ? regionAmong(expandRegions(names), wanted)
      : bareRegion(wanted ?? String(names[0]));
  }
  if (profile.regions !== undefined) return regionAmong(expandRegions(profile.regions), wanted);
  return bareRegion(wanted ?? textSetting(profile.region_name) ?? "");
}

function regionAmong(regions: readonly Region[], wanted: string | null): Region {
  const region = wanted === null ? regions[0] : regions.find(({ name }) => name === wanted);
  if (region !== undefined) return region;
  if (wanted === null || regions.length === 0) return bareRegion(wanted ?? "");
  const names = regions.map(({ name }) => name).join(", ");
  throw new CloudSettingsError(`it has no region "${wanted}"; its regions: ${names}`);
}

function expandRegions(regions: unknown): Region[] {
  const list = Array.isArray(regions) ? regions : [regions];
  return list.map((region) => isSettings(region) ? regionWithSettings(region) : bareRegion(String(region)));
}

function regionWithSettings(region: Settings): Region {
  const name = textSetting(region.name);
  const odd = Object.keys(region).some((key) => key !== "name" && key !== "values");
  if (name === null || odd) {
    throw new CloudSettingsError(
      "an entry of its regions has a name, optional values, and nothing else",
    );
  }
  return { name, settings: isSettings(region.values) ? region.values : {} };
}

function bareRegion(name: string): Region {
  return { name, settings: {} };
}
