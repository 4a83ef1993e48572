/** How servers were used in a window of time, what failed, how long people waited and what it cost: `report`. */
import * as v from "valibot";
import type { NodeUsage } from "../domain/node_usage.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { median, percentile, sumUsage, type UsageGrouping, type UsageSum } from "../domain/sum_usage.ts";
import type { Instant } from "../domain/time.ts";
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
export type UsageRow = v.InferOutput<typeof usageRowSchema>;

export const usageReportSchema = viewSchema({
  by: word<UsageGrouping>(),
  since: string,
  until: string,
  /** Of nodes that ended before then, some may be forgotten. */
  complete_since: string,
  rows: rows(usageRowSchema),
  total: usageRowSchema,
});
export type UsageReportView = v.InferOutput<typeof usageReportSchema>;

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
