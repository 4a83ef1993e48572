/** What the clouds' listings leave out. Pure; whoever reports to StatsD calls it now and then. */
import type { ProviderReport } from "../domain/pool_report.ts";
import { metricName } from "./metric_name.ts";
import type { Gauge } from "./statsd.ts";

export function missingGauges(
  providers: readonly Pick<ProviderReport, "name" | "missing">[],
): readonly Gauge[] {
  return providers.flatMap(({ name, missing }) => [
    {
      name: metricName("provider", name, "missing"),
      value: missing === null ? 0 : missing.servers + missing.images,
    },
    { name: metricName("provider", name, "doubtful"), value: missing?.isDoubtful ? 1 : 0 },
  ]);
}
