/** Finds in changes of images' records that one became ready or failed. Pure; called once for every change. */
import type { DibImage } from "../domain/dib_image.ts";
import { imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import { type Happening, took } from "./happening.ts";

/** An upload or a snapshot that ended, with the time since it was decided on. */
export function providerImageHappenings(
  previous: ProviderImage | null,
  next: ProviderImage | null,
): readonly Happening[] {
  if (previous === null || next === null || imageStateName(previous) !== "building") return [];
  const result = resultOf(imageStateName(next), next);
  if (result === null) return [];
  const { image, provider, stateSince } = next;
  return [took("image_update", { image, provider, result }, stateSince - previous.stateSince)];
}

/** A build that ended, with the time that diskimage-builder ran. */
export function dibImageHappenings(previous: DibImage | null, next: DibImage | null): readonly Happening[] {
  if (previous?.state.phase !== "build" || next === null) return [];
  const result = resultOf(next.state.phase, next);
  if (result === null) return [];
  const duration = next.stateSince - (previous.state.startedAt ?? previous.stateSince);
  return [took("dib_image_build", { image: next.name, result }, duration)];
}

/** null: it goes on, or somebody deletes it. */
function resultOf(state: string, { evidence }: Pick<ProviderImage | DibImage, "evidence">) {
  if (state === "ready") return "ready";
  return state === "delete" && evidence !== null ? "failed" : null;
}
