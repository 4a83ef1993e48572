/** Takes one value of a gauge as it is now: what functions that compute gauges write to. */
import type { MetricName } from "./metric_table.ts";

export type PutGauge = (name: MetricName, labels: Readonly<Record<string, string>>, value: number) => void;
