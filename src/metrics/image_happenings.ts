/** Finds in changes of images' records that one became ready. Pure; called once for every change. */
import type { DibImage } from "../domain/dib_image.ts";
import { imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import { type Happening, took } from "./happening.ts";

/** An upload or a snapshot that became ready, with the time since it was decided on. */
export function providerImageHappenings(
  previous: ProviderImage | null,
  next: ProviderImage | null,
): readonly Happening[] {
  if (previous === null || next === null) return [];
  if (imageStateName(previous) !== "building" || imageStateName(next) !== "ready") return [];
  const { image, provider, stateSince } = next;
  return [took("image_update", { image, provider }, stateSince - previous.stateSince)];
}

/** A build that became ready, with the time that diskimage-builder ran. */
export function dibImageHappenings(previous: DibImage | null, next: DibImage | null): readonly Happening[] {
  if (previous?.state.phase !== "build" || next?.state.phase !== "ready") return [];
  const duration = next.stateSince - (previous.state.startedAt ?? previous.stateSince);
  return [took("dib_image_build", { image: next.name }, duration)];
}
