/** How servers were used in a window of time, what failed, how long people waited and what it cost: `report`. */
import * as v from "valibot";
import type { NodeUsage, UsageKind } from "../domain/node_usage.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { median, percentile, sumUsage, type UsageGrouping, type UsageSum } from "../domain/sum_usage.ts";
import { durationText, type Instant, SECOND } from "../domain/time.ts";
import type { Column, Table } from "./tables/column.ts";
import { isoTime, seconds, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, string, stringOrNull, word } from "./view_schema.ts";

const usageRowSchema = v.object({
  /** Of the label, the provider and so on; null: the servers have none. */
  name: stringOrNull,
  launches: number,
  failures: number,
  failure_reasons: v.record(string, number),
  /** Seconds that its servers were there, all together, and what of it. */
  time: number,
  times: v.object({
    used: number,
    ready: number,
    building: number,
    held: number,
    /** Of servers that came to nothing. */
    failed: number,
    deleting: number,
  }),
  /** Of those who asked for nodes and got them: how many, and seconds. */
  waits: v.object({ count: number, median: numberOrNull, p95: numberOrNull }),
  costs: rows(v.object({ currency: stringOrNull, amount: number })),
  /** Seconds of servers whose flavor has no price. */
  unpriced: number,
});
type UsageRow = v.InferOutput<typeof usageRowSchema>;

export const usageReportSchema = viewSchema({
  by: word<UsageGrouping>(),
  since: string,
  until: string,
  /** Of nodes that ended before then, some may be forgotten. */
  complete_since: string,
  rows: rows(usageRowSchema),
  total: usageRowSchema,
});
type UsageReportView = v.InferOutput<typeof usageReportSchema>;

interface Question {
  readonly by: UsageGrouping;
  readonly since: Instant;
  readonly until: Instant;
  readonly completeSince: Instant;
}

export function viewUsageReport(
  usages: readonly NodeUsage[],
  { completeSince, ...question }: Question,
  report: Pick<PoolReport, "now" | "wallOffset" | "config">,
): UsageReportView {
  const providers = report.config?.providers ?? [];
  const prices = new Map(providers.flatMap(({ name, prices }) => prices === null ? [] : [[name, prices]]));
  const { rows, total } = sumUsage(usages, { ...question, prices });
  return {
    ...viewHead(report),
    by: question.by,
    since: isoTime(question.since, report),
    until: isoTime(Math.min(question.until, report.now), report),
    complete_since: isoTime(completeSince, report),
    rows: rows.map(viewRow),
    total: viewRow(total),
  };
}

function viewRow({ name, times, launches, failures, waits, costs, unpriced }: UsageSum): UsageRow {
  const shown = Object.entries(times).map(([kind, time]) => [kind, seconds(time)]);
  const reasons = [...failures].sort(([left, some], [right, others]) =>
    others - some || (left < right ? -1 : 1)
  );
  const wait = (length: number | null) => length === null ? null : seconds(length);
  return {
    name,
    launches,
    failures: [...failures.values()].reduce((sum, count) => sum + count, 0),
    failure_reasons: Object.fromEntries(reasons),
    time: seconds(Object.values(times).reduce((sum, time) => sum + time, 0)),
    times: Object.fromEntries(shown),
    waits: { count: waits.length, median: wait(median(waits)), p95: wait(percentile(waits, 0.95)) },
    costs: [...costs].map(([currency, amount]) => ({
      currency: currency === "" ? null : currency,
      amount: Math.round(amount * 1e6) / 1e6,
    })),
    unpriced: seconds(unpriced),
  };
}

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
  const textOf = ({ currency, amount }: UsageRow["costs"][number]) =>
    `${amount.toFixed(2)} ${currency ?? ""}`;
  return costs.map((cost) => textOf(cost).trim()).join(" + ");
}

function reasonsOf({ failure_reasons: reasons }: UsageRow): string {
  return Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`).join(", ");
}
