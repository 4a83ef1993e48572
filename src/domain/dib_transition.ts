/** The one place where a dib image's state changes; what is not listed is illegal and throws. */
import { buildFolder, buildLogFile, buildPath } from "./build_path.ts";
import type { BuilderName } from "./build_places.ts";
import type { DeletedBy } from "./deleted_by.ts";
import { type DibImage, dibStateName, type ImageFile } from "./dib_image.ts";
import { afterWaiting, type WaitingEvent } from "./next_waiting.ts";
import type { Evidence } from "./node.ts";
import { changed, type Changes } from "./state_rules.ts";
import type { Instant } from "./time.ts";

export type DibEvent =
  /** A worker has begun to build it; `at`: where, if that is not this process. */
  | { readonly type: "building"; readonly at?: { readonly builder: BuilderName; readonly path: string } }
  | { readonly type: "built"; readonly files: readonly ImageFile[] }
  /** The build came to nothing; its files are not removed before `until`. */
  | {
    readonly type: "failed";
    readonly comment: string;
    /** null: it was interrupted. */
    readonly evidence: Evidence | null;
    readonly until?: Instant;
  }
  /** Another pool that has the same folder took its name first: it is to be built as the next version. */
  | { readonly type: "taken" }
  /** A builder has its files, which no record of a builder says: they were there before the state was moved. */
  | { readonly type: "found"; readonly builder: BuilderName }
  /** To be deleted: it is old, or somebody says so. */
  | { readonly type: "delete"; readonly comment: string; readonly by: DeletedBy }
  | WaitingEvent;

/**
 * The record after the event; the given one is left as it is.
 * @throws IllegalTransitionError
 */
export function transitionDib(image: DibImage, event: DibEvent, now: Instant): DibImage {
  const next = changed("dib image", { record: image, event, changes: changes(image, event, now) });
  if (next.state.phase === image.state.phase) return next;
  return {
    ...next,
    stateSince: dibStateName(next) === dibStateName(image) ? image.stateSince : now,
    waitingOn: null,
    retryAt: event.type === "failed" ? event.until ?? null : null,
    attempt: 0,
  };
}

function changes(image: DibImage, event: DibEvent, now: Instant): Changes<DibImage> {
  const { state } = image;
  switch (event.type) {
    case "building":
      if (state.phase !== "build") return null;
      return {
        state: { phase: "build", startedAt: now },
        attempt: image.attempt + 1,
        waitingOn: null,
        ...event.at,
      };
    case "built":
      if (state.phase !== "build") return null;
      return { state: { phase: "ready", files: event.files } };
    case "failed":
      if (state.phase !== "build") return null;
      return {
        state: { phase: "delete" },
        comment: event.comment,
        deletedBy: "failure",
        evidence: event.evidence,
      };
    case "taken":
      return state.phase === "build"
        ? { state: { phase: "build", startedAt: null }, ...nextVersion(image) }
        : null;
    case "found":
      if (image.builder !== undefined) return null;
      return { state, builder: event.builder };
    case "delete":
      if (state.phase === "delete") return { state };
      return { state: { phase: "delete" }, comment: event.comment, deletedBy: event.by };
    case "postponed":
    case "waiting":
      return { state, ...afterWaiting(image, event, now) };
  }
}

function nextVersion({ name, version: taken, path, logFile }: DibImage) {
  const version = taken + 1;
  return {
    version,
    path: buildPath(buildFolder(path), { name, version }),
    logFile: logFile && buildLogFile(buildFolder(logFile), { name, version }),
  };
}
