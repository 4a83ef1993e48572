/** The views of a whole pool by name: what the control socket, the commands and the status endpoint offer alike. */
import type { PoolReport } from "../domain/pool_report.ts";
import { type DibImageListView, viewDibImageList } from "./dib_image_list.ts";
import { type ImageListView, viewImageList } from "./image_list.ts";
import { type JobListView, viewJobList } from "./job_list.ts";
import { type LabelListView, viewLabelList } from "./label_list.ts";
import { type NodeListView, viewNodeList } from "./node_list.ts";
import { renderNodeListJson } from "./node_list_json.ts";
import { type ProviderListView, viewProviderList } from "./provider_list.ts";
import { type RequestListView, viewRequestList } from "./request_list.ts";
import { type StatusView, viewStatus } from "./status.ts";
import type { FilterName, ViewFilter } from "./view_filter.ts";

export interface PoolViews {
  "node-list": NodeListView;
  "image-list": ImageListView;
  "dib-image-list": DibImageListView;
  "request-list": RequestListView;
  "job-list": JobListView;
  "label-list": LabelListView;
  "provider-list": ProviderListView;
  "status": StatusView;
}

export type PoolViewName = keyof PoolViews;

/** What each view can be narrowed by. */
export const viewFilters: Readonly<Record<PoolViewName, readonly FilterName[]>> = {
  "node-list": ["id", "provider", "label", "state"],
  "image-list": ["id", "provider", "image", "state"],
  "dib-image-list": ["id", "image", "state"],
  "request-list": ["label", "state"],
  "job-list": ["id", "job"],
  "label-list": ["label", "provider"],
  "provider-list": ["provider", "label"],
  "status": [],
};

const makers: {
  readonly [Name in PoolViewName]: (report: PoolReport, filter: ViewFilter) => PoolViews[Name];
} = {
  "node-list": viewNodeList,
  "image-list": viewImageList,
  "dib-image-list": viewDibImageList,
  "request-list": viewRequestList,
  "job-list": viewJobList,
  "label-list": viewLabelList,
  "provider-list": viewProviderList,
  "status": viewStatus,
};

export function viewPool<Name extends PoolViewName>(
  report: PoolReport,
  { name, filter = {} }: { name: Name; filter?: ViewFilter },
): PoolViews[Name] {
  return makers[name](report, filter);
}

/** The same as JSON, in UTF-8. */
export function renderPoolJson(
  report: PoolReport,
  { name, filter = {} }: { name: PoolViewName; filter?: ViewFilter },
): Uint8Array<ArrayBuffer> {
  if (name === "node-list") return renderNodeListJson(report, filter);
  return new TextEncoder().encode(JSON.stringify(viewPool(report, { name, filter })));
}

/** Whether there is a view of that name. */
export function isPoolViewName(name: string): name is PoolViewName {
  return Object.hasOwn(makers, name);
}
