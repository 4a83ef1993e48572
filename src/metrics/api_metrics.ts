/** What a cloud's answer to a request says: how long it took. Pure; told of every answer once. */
import type { Milliseconds } from "../domain/time.ts";
import { metricName } from "./metric_name.ts";
import { type Happening, timedCount } from "./statsd.ts";

/** Dashboards draw floating IPs with and without the name of the service that gave them, which changed in 2015. */
const SERVICE = /^Neutron(?=FloatingIP)/;

/** Under 2016's names of tasks, such as `ServerCreate`. */
export function apiMetrics(
  provider: string,
  { operation, duration }: { readonly operation: string; readonly duration: Milliseconds },
): readonly Happening[] {
  const names = new Set([operation, operation.replace(SERVICE, "")]);
  return [...names].flatMap((name) => timedCount(metricName("task", provider, name), duration));
}
