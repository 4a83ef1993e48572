/**
 * Braces in a setting name other settings, as Python's `str.format` fills them: `https://{region_name}.example.org`.
 * Names, `{auth[project_id]}` and doubled braces are known; everything else Python can do there is refused.
 */
import { type FieldValue, plainText } from "../../domain/format_spec.ts";
import { CloudSettingsError, isSettings, type Settings } from "./settings.ts";

/**
 * The text with its fields filled in.
 * @throws CloudSettingsError when a field is unknown or a brace is alone
 */
export function formatSetting(text: string, { key, settings }: { key: string; settings: Settings }): string {
  return text.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, field: string | undefined) => {
    if (whole === "{{" || whole === "}}") return whole[0]!;
    if (field === undefined) {
      throw new CloudSettingsError(
        `${key}: a single "${whole}"; write "${whole}${whole}" for the character itself`,
      );
    }
    return lookUp(field, { key, settings });
  });
}

function lookUp(field: string, { key, settings }: { key: string; settings: Settings }): string {
  const match = field.match(/^([^[\].!:]+)((?:\[[^[\]]+\])*)$/);
  const steps = match
    ? [match[1]!, ...[...match[2]!.matchAll(/\[([^[\]]+)\]/g)].map((part) => part[1]!)]
    : [];
  let value: unknown = match ? settings : undefined;
  for (const step of steps) value = isSettings(value) ? value[step] : undefined;
  if (value === undefined || typeof value === "object" && value !== null) {
    throw new CloudSettingsError(`${key}: "{${field}}" is not a setting of this cloud`);
  }
  return plainText(value as FieldValue);
}
