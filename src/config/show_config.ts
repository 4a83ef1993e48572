/** Shows a configuration as it was understood, for `config-validate --show`: YAML with every default, no secret. */
import { stringify } from "yaml";
import type { Config } from "../domain/config.ts";
import { Secret, type View, viewConfig } from "./config_view.ts";

/** YAML by the file's own key names; secrets and user data are `***`. */
export function showConfig(config: Config): string {
  return stringify(printable(viewConfig(config)), { lineWidth: 110 });
}

function printable(view: View): unknown {
  if (view instanceof Secret) return String(view);
  if (Array.isArray(view)) return view.map(printable);
  if (view === null || typeof view !== "object") return view;
  return Object.fromEntries(Object.entries(view).map(([key, value]) => [key, printable(value)]));
}
