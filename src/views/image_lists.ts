/**
 * The images that were made: those on the clouds, `image-list`, sorted by provider, image and version; and those that were built here,
 * `dib-image-list`, sorted by image and version.
 */
import * as v from "valibot";
import { currentImages } from "../domain/current_images.ts";
import { deciders } from "../domain/deleted_by.ts";
import { type DibImage, dibStateName, imageStateNames } from "../domain/dib_image.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { externalIdOf, imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import { viewWaiting, waitingColumn, waitingViewSchema } from "./node_list.ts";
import type { Table } from "./tables/column.ts";
import { matching, type ViewFilter } from "./view_filter.ts";
import { byKeys, isoTime, seconds, viewHead, viewSchema } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull, word } from "./view_schema.ts";
import type { Moment } from "../domain/time.ts";

const imageViewSchema = v.object({
  id: number,
  provider: string,
  image: string,
  /** Its name on the cloud. */
  hostname: string,
  /** Unix time in seconds. */
  version: number,
  /** As the cloud knows it. */
  image_id: stringOrNull,
  /** The server that it was made on. */
  server_id: stringOrNull,
  state: word(imageStateNames),
  /** When it entered that state. */
  state_since: string,
  /** Whether servers are booted from it. */
  current: v.boolean(),
  phase: string,
  /** Percent of an upload's data that has gone out. */
  progress: numberOrNull,
  waiting_on: v.nullable(waitingViewSchema),
  /** The dib image that it was uploaded from. */
  dib_image: numberOrNull,
  format: stringOrNull,
  log_file: stringOrNull,
  comment: stringOrNull,
  /** Who decided that it goes; null: nobody has. */
  deleted_by: since0_4(v.nullable(word(deciders))),
  last_error: stringOrNull,
  /** Seconds in its state. */
  age: number,
});
export type ImageView = v.InferOutput<typeof imageViewSchema>;

export const imageListViewSchema = viewSchema({ images: rows(imageViewSchema) });
export type ImageListView = v.InferOutput<typeof imageListViewSchema>;

export function viewImageList(report: PoolReport, filter: ViewFilter = {}): ImageListView {
  const current = currentImages(report.images);
  const images = report.images.filter((image) => image.state.phase !== "gone")
    .map((image) =>
      viewImage(image, { report, isCurrent: current(image.provider, image.image)?.id === image.id })
    )
    .filter(matching(filter))
    .sort(byKeys("provider", "image", "version", "id"));
  return { ...viewHead(report), images };
}

function viewImage(
  image: ProviderImage,
  { report, isCurrent }: { report: PoolReport; isCurrent: boolean },
): ImageView {
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
    progress: percentSent(image.id, report),
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

/** Of an upload's data that has gone out; null: it is not known, or the image is not being uploaded. */
export function percentSent(imageId: number, { uploads }: Pick<PoolReport, "uploads">): number | null {
  const upload = uploads.get(imageId);
  return upload === undefined || upload.total === 0 ? null : Math.floor(upload.sent / upload.total * 100);
}

const dibImageViewSchema = v.object({
  id: number,
  image: string,
  /** The path of its files without the format. */
  filename: string,
  /** The host of the builder that has its files; null: the machine that has the state, or it has not been begun. */
  builder: since0_4(stringOrNull),
  /** Unix time in seconds. */
  version: number,
  state: word(imageStateNames),
  /** When it entered that state. */
  state_since: string,
  formats: rows(string),
  /** Of each format that is built. */
  files: rows(v.object({
    format: string,
    /** Bytes. */
    size: number,
    md5: string,
    sha512: string,
  })),
  waiting_on: v.nullable(waitingViewSchema),
  log_file: stringOrNull,
  comment: stringOrNull,
  /** Who decided that it goes; null: nobody has. */
  deleted_by: since0_4(v.nullable(word(deciders))),
  last_error: stringOrNull,
  /** Seconds in its state. */
  age: number,
});
export type DibImageView = v.InferOutput<typeof dibImageViewSchema>;

export const dibImageListViewSchema = viewSchema({ dib_images: rows(dibImageViewSchema) });
export type DibImageListView = v.InferOutput<typeof dibImageListViewSchema>;

export function viewDibImageList(report: PoolReport, filter: ViewFilter = {}): DibImageListView {
  const images = report.dibImages.map((image) => viewDibImage(image, report))
    .filter(matching(filter))
    .sort(byKeys("image", "version"));
  return { ...viewHead(report), dib_images: images };
}

function viewDibImage(image: DibImage, moment: Moment): DibImageView {
  return {
    id: image.id,
    image: image.name,
    filename: image.path,
    builder: image.builder?.host ?? null,
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

/** The columns of `image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
export const imageTable: Table<ImageListView, ImageView> = {
  rows: ({ images }) => images,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "provider", header: "Provider" },
    { field: "image", header: "Image" },
    { field: "hostname", header: "Hostname", kind: "exact", spare: 3 },
    { field: "version", header: "Version", kind: "number", spare: 5 },
    { field: "image_id", header: "Image ID", kind: "exact", spare: 4 },
    { field: "server_id", header: "Server ID", kind: "exact", spare: 1 },
    { field: "state", header: "State", kind: "state" },
    { field: "age", header: "Age", kind: "age" },
    { field: "current", header: "Current", kind: "state", cell: ({ current }) => current ? "yes" : "" },
    { field: "phase", header: "Phase", wide: true },
    {
      field: "progress",
      header: "Progress",
      kind: "number",
      wide: true,
      cell: ({ progress }) => progress === null ? "" : `${progress}%`,
    },
    waitingColumn,
    { field: "dib_image", header: "Dib image", kind: "number", wide: true },
    { field: "format", header: "Format", wide: true },
    { field: "log_file", header: "Log", kind: "exact", wide: true },
    { field: "comment", header: "Comment", kind: "reason", wide: true },
    { field: "last_error", header: "Last error", kind: "reason", wide: true },
  ],
};

/** The columns of `dib-image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
export const dibImageTable: Table<DibImageListView, DibImageView> = {
  rows: ({ dib_images }) => dib_images,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "image", header: "Image" },
    { field: "filename", header: "Filename", kind: "exact", spare: 2 },
    { field: "version", header: "Version", kind: "number", spare: 3 },
    { field: "state", header: "State", kind: "state" },
    { field: "age", header: "Age", kind: "age" },
    { field: "formats", header: "Formats", wide: true },
    { field: "builder", header: "Builder", wide: true },
    { field: "files", header: "Bytes", kind: "number", wide: true, cell: ({ files }) => sizeOf(files) },
    waitingColumn,
    { field: "log_file", header: "Log", kind: "exact", wide: true },
    { field: "comment", header: "Comment", kind: "reason", wide: true },
    { field: "last_error", header: "Last error", kind: "reason", wide: true },
  ],
};

function sizeOf(files: DibImageView["files"]): string {
  return files.length === 0 ? "" : String(files.reduce((sum, { size }) => sum + size, 0));
}
