/**
 * A cloud's settings while they are being assembled: nested names and values as clouds.yaml has them.
 * Merging follows openstacksdk (`openstack.config`), so that a clouds.yaml means the same here as there.
 */

export type Settings = Record<string, unknown>;

/** A problem in a cloud's settings, reported where the provider names the cloud. */
export class CloudSettingsError extends Error {
  override readonly name = "CloudSettingsError";
}

export function isSettings(value: unknown): value is Settings {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A copy without prototype, so that no key is special. */
export function copySettings(settings: Settings): Settings {
  const copy: Settings = Object.create(null);
  for (const [key, value] of Object.entries(settings)) copy[key] = copyValue(value);
  return copy;
}

function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyValue);
  return isSettings(value) ? copySettings(value) : value;
}

/** `over` on top of `under`, mapping by mapping: how secure.yaml completes clouds.yaml. */
export function mergeSettings(under: Settings, over: Settings): Settings {
  const merged = copySettings(under);
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isSettings(value) && isSettings(below) ? mergeSettings(below, value) : copyValue(value);
  }
  return merged;
}

/** Changes `settings`: every key is replaced, only `auth` is merged, one level deep. */
export function updateSettings(settings: Settings, update: Settings): void {
  for (const [key, value] of Object.entries(update)) {
    const auth = key === "auth" && isSettings(settings.auth) && isSettings(value);
    settings[key] = auth ? { ...settings.auth as Settings, ...copySettings(value) } : copyValue(value);
  }
}

/** Dashes in keys become underscores, numbers become text. */
export function normalizeSettings(settings: Settings): Settings {
  const normal: Settings = Object.create(null);
  for (const [key, value] of Object.entries(settings)) {
    const name = key.replaceAll("-", "_");
    if (isSettings(value)) normal[name] = normalizeSettings(value);
    else normal[name] = typeof value === "number" && name !== "api_timeout" ? String(value) : value;
  }
  return normal;
}

/** A setting as text; null where it is missing or empty. */
export function textSetting(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "object" ? null : String(value);
}

/** True only for true itself and the text of it. */
export function booleanSetting(value: unknown): boolean {
  return textSetting(value)?.toLowerCase() === "true";
}

/** The defaults of openstacksdk for settings that a cloud does not give; only those that matter here. */
export function cloudDefaults(): Settings {
  return Object.assign(Object.create(null), {
    verify: true,
    cacert: null,
    cert: null,
    key: null,
    auth_type: "password",
    interface: "public",
    image_format: "qcow2",
    floating_ip_source: "neutron",
    network_api_version: "2",
    object_store_api_version: "1",
  });
}
