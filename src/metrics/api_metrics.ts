/** What a cloud's answer to a request says: how long it took. Pure; told of every answer once. */
import type { Milliseconds } from "../domain/time.ts";
import { metricName } from "./metric_name.ts";
import { type Happening, timedCount } from "./statsd.ts";

/** In 2016 the operation was the name of a task of its own; here it is the request's: `GET_servers_detail`. */
export function apiMetrics(
  provider: string,
  { operation, duration }: { readonly operation: string; readonly duration: Milliseconds },
): readonly Happening[] {
  return timedCount(metricName("task", provider, operation), duration);
}
