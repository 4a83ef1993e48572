/** The formats that lists come in. */
import { Option } from "@commander-js/extra-typings";
import type { Column, Table } from "../views/tables/column.ts";
import { renderCsv } from "../views/tables/render_csv.ts";
import { renderTable } from "../views/tables/render_table.ts";
import type { CliIo } from "./cli_io.ts";
import { statePainter } from "./state_colors.ts";

export const outputFormats = ["table", "wide", "json", "yaml", "csv"] as const;

export type OutputFormat = typeof outputFormats[number];

/** `-o FORMAT`. */
export function outputOption() {
  return new Option("-o, --output <format>", "how to print it").choices(outputFormats).default(
    "table" as const,
  );
}

/** The view as it is to be printed, with a line break at its end. */
export async function formatView<View, Row>(
  content: View,
  { table, format, io }: { table: Table<View, Row>; format: OutputFormat; io: CliIo },
): Promise<string> {
  const shown = {
    columns: table.columns as readonly Column<object>[],
    rows: table.rows(content) as readonly object[],
  };
  switch (format) {
    case "json":
      return `${JSON.stringify(content, null, 2)}\n`;
    case "yaml":
      return (await import("../lib/yaml.ts")).stringify(content, {
        lineWidth: 0,
        aliasDuplicateObjects: false,
      });
    case "csv":
      return renderCsv(shown);
    default:
      return renderTable(shown, {
        wide: format === "wide",
        // Who asks for everything gets it, wrapped by the terminal.
        width: format === "wide" ? null : io.stdout.columns,
        paint: statePainter(io),
      });
  }
}
