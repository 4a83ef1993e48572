/**
 * One image of a simulated cloud. What becomes of its data is planned as instants when the data comes, so that its
 * status is a pure function of the time and no image needs a timer.
 */
import type { Instant } from "../domain/time.ts";
import type { ImageFields } from "./image_fields.ts";

export interface StoredData {
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly md5: string;
  readonly sha512: string;
  /** null: not kept. */
  readonly content: Uint8Array<ArrayBuffer> | null;
}

export interface SimulatedImage {
  readonly id: string;
  /** Order of creation in its cloud; what a cloud has from the start counts down from -1. */
  readonly sequence: number;
  /** Id of the project that it belongs to. */
  readonly owner: string;
  readonly createdAt: Instant;
  /** Replaced as a whole by each change. */
  fields: ImageFields;
  /** The properties that its makers wrote; replaced as a whole by each change. */
  properties: Readonly<Record<string, string>>;
  /** Changed by requests; other changes are given by the instants below. */
  touchedAt: Instant;
  /** null: none has come, or not all. */
  data: StoredData | null;
  /** When it goes from `queued` to `saving`; Infinity: not in sight, or never. */
  savingAt: Instant;
  /** When it is `active`; Infinity: not in sight, or never. */
  activeAt: Instant;
  /** When its saving fails; Infinity: it does not. */
  killedAt: Instant;
  deactivated: boolean;
  /** When it was deleted; Infinity: it is there. */
  goneAt: Instant;
  /** When its deletion was refused first because it is in use. */
  refusedAt: Instant | null;
  /** The status that a setting gives it for ever; null: as the instants tell. */
  readonly fixedStatus: string | null;
}

/** The facts that a server keeps of the image that it was booted from, as it was then. */
export type ImageAtBoot = Pick<SimulatedImage, "fields" | "properties" | "data">;

/** Glance's status. */
export function imageStatusAt(image: SimulatedImage, now: Instant): string {
  if (now >= image.goneAt) return "deleted";
  if (image.deactivated) return "deactivated";
  if (image.fixedStatus !== null) return image.fixedStatus;
  if (now >= image.killedAt) return "killed";
  if (now >= image.activeAt) return "active";
  return now >= image.savingAt ? "saving" : "queued";
}

/** Its data as far as Glance tells of it: not before it is `active`. */
export function shownDataAt(image: SimulatedImage, now: Instant): StoredData | null {
  return image.fixedStatus !== null || now >= image.activeAt ? image.data : null;
}

/** Nova's task state of a server whose image is being taken; null once that is over, well or not. */
export function snapshotTaskAt(image: SimulatedImage, now: Instant): string | null {
  if (now >= snapshotEnd(image)) return null;
  return now < image.savingAt ? "image_snapshot" : "image_uploading";
}

/** When the server is no longer busy with it. */
export function snapshotEnd({ activeAt, killedAt, goneAt }: SimulatedImage): Instant {
  return Math.min(activeAt, killedAt, goneAt);
}

/** The last change that had come about by then. */
export function imageUpdatedAt(image: SimulatedImage, now: Instant): Instant {
  const { createdAt, touchedAt, savingAt, activeAt, killedAt } = image;
  return Math.max(createdAt, ...[touchedAt, savingAt, activeAt, killedAt].filter((at) => at <= now));
}

/** `nodepool_image_id` of its properties; null without one. */
export function recordIdOf({ properties }: Pick<SimulatedImage, "properties">): number | null {
  const id = Number(properties["nodepool_image_id"] ?? NaN);
  return Number.isSafeInteger(id) ? id : null;
}
