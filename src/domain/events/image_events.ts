/** Reads off a change of an image's record, a build's or one on a cloud, the events that it means. Pure. */
import { type DibImage, dibStateName, type ImageStateName } from "../dib_image.ts";
import type { EventSubject, NewEvent } from "../pool_event.ts";
import { imageStateName, type ProviderImage } from "../provider_image.ts";
import { durationText } from "../time.ts";

export function dibImageEvents(previous: DibImage | null, next: DibImage | null): NewEvent[] {
  const image = (next ?? previous)!;
  const { id, name } = image;
  return changeOf({
    subject: { type: "dib-image", id, name },
    labels: { image: name },
    what: `dib image ${id} (${name})`,
    from: previous === null ? null : dibStateName(previous),
    to: next === null ? null : dibStateName(next),
    took: image.stateSince - (previous?.stateSince ?? image.stateSince),
    image,
  });
}

export function providerImageEvents(previous: ProviderImage | null, next: ProviderImage | null): NewEvent[] {
  const image = (next ?? previous)!;
  const { id, provider, image: name } = image;
  const isGone = next?.state.phase === "gone";
  // A record that is forgotten a day after its image was gone is no news.
  if (previous?.state.phase === "gone") return [];
  return changeOf({
    subject: { type: "image", id, name: image.hostname },
    labels: { provider, image: name },
    what: `image ${id} (${name} on ${provider})`,
    from: previous === null ? null : imageStateName(previous),
    to: next === null || isGone ? null : imageStateName(next),
    took: image.stateSince - (previous?.stateSince ?? image.stateSince),
    image,
  });
}

interface ImageChange {
  readonly subject: EventSubject;
  readonly labels: Record<string, string>;
  readonly what: string;
  /** null: it was not there. */
  readonly from: ImageStateName | null;
  /** null: it is gone. */
  readonly to: ImageStateName | null;
  readonly took: number;
  readonly image: Pick<DibImage, "comment" | "deletedBy" | "evidence">;
}

function changeOf({ subject, labels, what, from, to, took, image }: ImageChange): NewEvent[] {
  if (from === to) return [];
  const tell = (kind: NewEvent["kind"], how: string, more: Record<string, string> = {}): NewEvent[] => [
    { kind, subject, labels: { ...labels, ...more }, message: `${what} ${how}` },
  ];
  if (to === null) return tell("image.gone", "is gone");
  if (to === "building") return tell("image.building", "is being made");
  if (to === "ready") return tell("image.ready", `is ready after ${durationText(took)}`);
  const { comment, evidence, deletedBy } = image;
  if (deletedBy === "failure" && evidence !== null) {
    return tell("image.failed", `failed: ${evidence.error}`, { failure: evidence.kind });
  }
  return tell("image.deleting", `is being deleted${comment === null ? "" : `: ${comment}`}`);
}
