/** Settings that are prefixed with a service: `compute_api_version`, `volumev3_endpoint_override`. */
import { type Settings, textSetting } from "./settings.ts";

/** Official types of the services whose settings also go by older names, the one that wins first. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  "block-storage": ["block_storage", "volumev3", "volumev2", "volume", "block_store"],
  "object-store": ["object_store"],
  "load-balancer": ["load_balancer"],
};

/** Settings with such an ending that belong to no service. */
const OTHERS = new Set(["default_api_version"]);

/** Values by official service type, e.g. `{ compute: "2.60" }`. */
export function serviceSettings(settings: Settings, ending: string): Record<string, string> {
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
