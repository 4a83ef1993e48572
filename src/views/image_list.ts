/** The images on the clouds that were made here: `image-list`, sorted by provider, image and version. */
import type { DeletedBy } from "../domain/deleted_by.ts";
import type { ImageStateName } from "../domain/dib_image.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { externalIdOf, imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import { viewWaiting, type WaitingView } from "./node_list.ts";
import type { ViewFilter } from "./view_filter.ts";
import { compareText, isoTime, seconds, type ViewHead, viewHead } from "./view_head.ts";

export interface ImageListView extends ViewHead {
  readonly images: readonly ImageView[];
}

export interface ImageView {
  readonly id: number;
  readonly provider: string;
  readonly image: string;
  /** Its name on the cloud. */
  readonly hostname: string;
  /** Unix time in seconds. */
  readonly version: number;
  /** As the cloud knows it. */
  readonly image_id: string | null;
  /** The server that it was made on. */
  readonly server_id: string | null;
  readonly state: ImageStateName;
  /** When it entered that state. */
  readonly state_since: string;
  /** Whether servers are booted from it. */
  readonly current: boolean;
  readonly phase: string;
  /** Percent of an upload's data that has gone out. */
  readonly progress: number | null;
  readonly waiting_on: WaitingView | null;
  /** The dib image that it was uploaded from. */
  readonly dib_image: number | null;
  readonly format: string | null;
  readonly log_file: string | null;
  readonly comment: string | null;
  /** Who decided that it goes; null: nobody has. */
  readonly deleted_by: DeletedBy | null;
  readonly last_error: string | null;
  /** Seconds in its state. */
  readonly age: number;
}

/** The images that pass the filter. */
export function viewImageList(report: PoolReport, filter: ViewFilter = {}): ImageListView {
  const current = currentIds(report.images);
  const images = report.images.filter((image) => image.state.phase !== "gone" && passes(image, filter))
    .map((image) => viewImage(image, { report, isCurrent: current.has(image.id) }))
    .sort((left, right) =>
      compareText(left.provider, right.provider) || compareText(left.image, right.image) ||
      left.version - right.version || left.id - right.id
    );
  return { ...viewHead(report), images };
}

function passes(image: ProviderImage, filter: ViewFilter): boolean {
  return (filter.id === undefined || image.id === filter.id) &&
    (filter.provider === undefined || image.provider === filter.provider) &&
    (filter.image === undefined || image.image === filter.image) &&
    (filter.state === undefined || imageStateName(image) === filter.state);
}

function currentIds(images: readonly ProviderImage[]): Set<number> {
  const newest = new Map<string, ProviderImage>();
  for (const image of images) {
    if (image.state.phase !== "ready") continue;
    const key = `${image.provider}\n${image.image}`;
    const known = newest.get(key);
    if (known === undefined || known.version < image.version) newest.set(key, image);
  }
  return new Set([...newest.values()].map(({ id }) => id));
}

function viewImage(
  image: ProviderImage,
  { report, isCurrent }: { report: PoolReport; isCurrent: boolean },
): ImageView {
  const upload = report.uploads.get(image.id);
  const isUpload = image.source.type === "upload";
  return {
    id: image.id,
    provider: image.provider,
    image: image.image,
    hostname: image.hostname,
    version: image.version,
    image_id: externalIdOf(image),
    server_id: image.serverId,
    state: imageStateName(image),
    state_since: isoTime(image.stateSince, report),
    current: isCurrent,
    phase: image.state.phase,
    progress: upload === undefined || upload.total === 0
      ? null
      : Math.floor(upload.sent / upload.total * 100),
    waiting_on: viewWaiting(image.waitingOn, report),
    dib_image: isUpload ? image.source.dibImageId : null,
    format: isUpload ? image.source.format : null,
    log_file: image.logFile,
    comment: image.comment,
    deleted_by: image.deletedBy,
    last_error: image.evidence?.error ?? null,
    age: seconds(report.now - image.stateSince),
  };
}
