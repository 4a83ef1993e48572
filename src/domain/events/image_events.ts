/** Reads off a change of an image's record, a build's or one on a cloud, the events that it means. Pure. */
import { type DibImage, dibStateName, type ImageStateName } from "../dib_image.ts";
import type { PoolRecord } from "../node.ts";
import type { NewEvent } from "../pool_event.ts";
import { imageStateName, type ProviderImage } from "../provider_image.ts";
import { durationText } from "../time.ts";

export function dibImageEvents(previous: DibImage | null, next: DibImage | null): NewEvent[] {
  const { id, name } = (next ?? previous)!;
  const about = {
    subject: { type: "dib-image", id, name },
    labels: { image: name },
    what: `dib image ${id} (${name})`,
  } as const;
  return changeOf({ previous, next, stateOf: dibStateName }, about);
}

export function providerImageEvents(previous: ProviderImage | null, next: ProviderImage | null): NewEvent[] {
  // A record that is forgotten a day after its image was gone is no news.
  if (previous?.state.phase === "gone") return [];
  const { id, provider, image: name, hostname } = (next ?? previous)!;
  const about = {
    subject: { type: "image", id, name: hostname },
    labels: { provider, image: name },
    what: `image ${id} (${name} on ${provider})`,
  } as const;
  const there = next?.state.phase === "gone" ? null : next;
  return changeOf({ previous, next: there, stateOf: imageStateName }, about);
}

/** null: it is not there. */
interface Change<Image> {
  readonly previous: Image | null;
  readonly next: Image | null;
  readonly stateOf: (image: Image) => ImageStateName;
}

function changeOf<Image extends PoolRecord>(
  { previous, next, stateOf }: Change<Image>,
  { subject, labels, what }: Pick<NewEvent, "subject" | "labels"> & { what: string },
): NewEvent[] {
  const tell = (kind: NewEvent["kind"], how: string, more: Record<string, string> = {}): NewEvent[] => [
    { kind, subject, labels: { ...labels, ...more }, message: `${what} ${how}` },
  ];
  if (next === null) return previous === null ? [] : tell("image.gone", "is gone");
  const state = stateOf(next);
  if (previous !== null && stateOf(previous) === state) return [];
  if (state === "building") return tell("image.building", "is being made");
  if (state === "ready") {
    const took = next.stateSince - (previous?.stateSince ?? next.stateSince);
    return tell("image.ready", `is ready after ${durationText(took)}`);
  }
  const { comment, evidence, deletedBy } = next;
  if (deletedBy === "failure" && evidence !== null) {
    return tell("image.failed", `failed: ${evidence.error}`, { failure: evidence.kind });
  }
  return tell("image.deleting", `is being deleted${comment === null ? "" : `: ${comment}`}`);
}
