/** The columns of `report`. */
import type { UsageKind } from "../../domain/node_usage.ts";
import type { UsageGrouping } from "../../domain/sum_usage.ts";
import { durationText, SECOND } from "../../domain/time.ts";
import type { UsageReportView, UsageRow } from "../usage_report.ts";
import type { Column, Table } from "./column.ts";

const names: Readonly<Record<UsageGrouping, { readonly header: string; readonly none: string }>> = {
  label: { header: "Label", none: "(images)" },
  provider: { header: "Provider", none: "" },
  job: { header: "Job", none: "(no job)" },
  client: { header: "Client", none: "(no client)" },
  image: { header: "Image", none: "" },
};

/** @param options `total`: whether the sum of all rows is the last of several */
export function usageTable(
  by: UsageGrouping,
  { total }: { total: boolean },
): Table<UsageReportView, UsageRow> {
  const { header, none } = names[by];
  return {
    rows: (view) =>
      total && view.rows.length > 1 ? [...view.rows, { ...view.total, name: "total" }] : view.rows,
    columns: [{ field: "name", header, kind: "name", cell: ({ name }) => name ?? none }, ...columns],
  };
}

const columns: readonly Column<UsageRow>[] = [
  hoursOf("used", "Used h"),
  hoursOf("ready", "Ready h"),
  { ...hoursOf("building", "Building h"), spare: 4 },
  hoursOf("held", "Held h"),
  hoursOf("failed", "Failed h"),
  { ...hoursOf("deleting", "Deleting h"), spare: 1 },
  { field: "launches", header: "Launches", kind: "count", spare: 3 },
  { field: "failures", header: "Failures", kind: "count" },
  { field: "waits.median", header: "Wait", kind: "number", cell: ({ waits }) => wait(waits.median) },
  { field: "waits.p95", header: "95 %", kind: "number", cell: ({ waits }) => wait(waits.p95), spare: 2 },
  { field: "costs", header: "Cost", kind: "number", cell: (row) => costOf(row) },
  { field: "failure_reasons", header: "Failures by reason", kind: "reason", cell: (row) => reasonsOf(row) },
  { field: "time", header: "Hours", kind: "number", wide: true, cell: ({ time }) => hours(time) },
  { field: "waits.count", header: "Waits", kind: "number", wide: true },
  {
    field: "unpriced",
    header: "Unpriced h",
    kind: "number",
    wide: true,
    cell: ({ unpriced }) => hours(unpriced),
  },
];

function hoursOf(kind: UsageKind, header: string): Column<UsageRow> {
  return { field: `times.${kind}`, header, kind: "count", cell: ({ times }) => hours(times[kind]) };
}

function hours(seconds: number): string {
  return seconds === 0 ? "0" : (seconds / 3_600).toFixed(2);
}

function wait(seconds: number | null): string {
  return seconds === null ? "" : seconds === 0 ? "0s" : durationText(seconds * SECOND);
}

function costOf({ costs }: UsageRow): string {
  return costs.map(({ currency, amount }) => [amount.toFixed(2), currency ?? ""].join(" ").trim()).join(
    " + ",
  );
}

function reasonsOf({ failure_reasons: reasons }: UsageRow): string {
  return Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`).join(", ");
}
