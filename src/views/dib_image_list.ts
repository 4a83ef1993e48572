/** The images that were built here: `dib-image-list`, sorted by image and version. */
import * as v from "valibot";
import { deciders } from "../domain/deleted_by.ts";
import { type DibImage, dibStateName, imageStateNames } from "../domain/dib_image.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { Moment } from "../domain/time.ts";
import { viewWaiting, waitingViewSchema } from "./node_list.ts";
import { matching, type ViewFilter } from "./view_filter.ts";
import { byKeys, isoTime, seconds, viewHead, viewSchema } from "./view_head.ts";
import { number, rows, since0_4, string, stringOrNull, word } from "./view_schema.ts";

const dibFileViewSchema = v.object({
  format: string,
  /** Bytes. */
  size: number,
  md5: string,
  sha512: string,
});

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
  files: rows(dibFileViewSchema),
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

/** The dib images that pass the filter. */
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
