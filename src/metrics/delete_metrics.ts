/** What a change of a node's record says of its deletion: that it is over. Pure; told of every change once. */
import { type NodeRecord, stateName } from "../domain/node.ts";
import type { Instant } from "../domain/time.ts";
import { metricName } from "./metric_name.ts";
import { type Happening, timedCount } from "./statsd.ts";

/** A node that is gone, and how long it was being deleted; nothing for any other change. @param now when it was gone */
export function deleteMetrics(
  previous: NodeRecord | null,
  next: NodeRecord | null,
  { now }: { now: Instant },
): readonly Happening[] {
  if (previous === null || next !== null || stateName(previous) !== "delete") return [];
  const { image, provider, target, stateSince } = previous;
  return timedCount(metricName("delete", image, provider, target), now - stateSince);
}
