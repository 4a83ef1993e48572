/** The images that were built here: `dib-image-list`, sorted by image and version. */
import type { DeletedBy } from "../domain/deleted_by.ts";
import { type DibImage, dibStateName, type ImageStateName } from "../domain/dib_image.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Moment } from "../domain/time.ts";
import { viewWaiting, type WaitingView } from "./node_list.ts";
import type { ViewFilter } from "./view_filter.ts";
import { compareText, isoTime, seconds, type ViewHead, viewHead } from "./view_head.ts";

export interface DibImageListView extends ViewHead {
  readonly dib_images: readonly DibImageView[];
}

export interface DibImageView {
  readonly id: number;
  readonly image: string;
  /** The path of its files without the format. */
  readonly filename: string;
  /** Unix time in seconds. */
  readonly version: number;
  readonly state: ImageStateName;
  /** When it entered that state. */
  readonly state_since: string;
  readonly formats: readonly string[];
  /** Of each format that is built. */
  readonly files: readonly DibFileView[];
  readonly waiting_on: WaitingView | null;
  readonly log_file: string | null;
  readonly comment: string | null;
  /** Who decided that it goes; null: nobody has. */
  readonly deleted_by: DeletedBy | null;
  readonly last_error: string | null;
  /** Seconds in its state. */
  readonly age: number;
}

interface DibFileView {
  readonly format: string;
  /** Bytes. */
  readonly size: number;
  readonly md5: string;
  readonly sha512: string;
}

/** The dib images that pass the filter. */
export function viewDibImageList(report: PoolReport, filter: ViewFilter = {}): DibImageListView {
  const images = report.dibImages.filter((image) => passes(image, filter))
    .map((image) => viewDibImage(image, report))
    .sort((left, right) => compareText(left.image, right.image) || left.version - right.version);
  return { ...viewHead(report), dib_images: images };
}

function passes(image: DibImage, filter: ViewFilter): boolean {
  return (filter.id === undefined || image.id === filter.id) &&
    (filter.image === undefined || image.name === filter.image) &&
    (filter.state === undefined || dibStateName(image) === filter.state);
}

function viewDibImage(image: DibImage, moment: Moment): DibImageView {
  return {
    id: image.id,
    image: image.name,
    filename: image.path,
    version: image.version,
    state: dibStateName(image),
    state_since: isoTime(image.stateSince, moment),
    formats: image.formats,
    files: image.state.phase === "ready" ? image.state.files : [],
    waiting_on: viewWaiting(image.waitingOn, moment),
    log_file: image.logFile,
    comment: image.comment,
    deleted_by: image.deletedBy,
    last_error: image.evidence?.error ?? null,
    age: seconds(moment.now - image.stateSince),
  };
}
