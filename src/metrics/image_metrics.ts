/** What changes of images' records say: that one became ready. Pure; told of every change once. */
import type { DibImage } from "../domain/dib_image.ts";
import { imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import { metricName } from "./metric_name.ts";
import { type Happening, timedCount } from "./statsd.ts";

/** An upload or a snapshot that became ready, with the time since it was decided on. */
export function providerImageMetrics(
  previous: ProviderImage | null,
  next: ProviderImage | null,
): readonly Happening[] {
  if (previous === null || next === null) return [];
  if (imageStateName(previous) !== "building" || imageStateName(next) !== "ready") return [];
  const duration = next.stateSince - previous.stateSince;
  return timedCount(metricName("image_update", next.image, next.provider), duration);
}

/** A build that became ready, with the time that diskimage-builder ran. */
export function dibImageMetrics(previous: DibImage | null, next: DibImage | null): readonly Happening[] {
  if (previous?.state.phase !== "build" || next?.state.phase !== "ready") return [];
  const duration = next.stateSince - (previous.state.startedAt ?? previous.stateSince);
  return timedCount(metricName("dib_image_build", next.name), duration);
}
