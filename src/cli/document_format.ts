/** The formats of commands that print one thing, and no list. */
import { Option } from "@commander-js/extra-typings";

const documentFormats = ["text", "json", "yaml"] as const;

/** `-o FORMAT`. */
export function documentOption() {
  return new Option("-o, --output <format>", "how to print it").choices(documentFormats).default(
    "text" as const,
  );
}

export async function renderDocument(view: object, format: "json" | "yaml"): Promise<string> {
  if (format === "json") return `${JSON.stringify(view, null, 2)}\n`;
  const { stringify } = await import("../lib/yaml.ts");
  return stringify(view, { lineWidth: 0, aliasDuplicateObjects: false });
}
