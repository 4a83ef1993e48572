/**
 * The lists of a pool as a table: what narrows each, what it says, how it is made and printed. The operations, the
 * commands and the status endpoint offer what stands here, under these names.
 */
import type * as v from "valibot";
import { imageStateNames } from "../domain/dib_image.ts";
import { nodeStateNames } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { requestStateNames } from "../domain/request.ts";
import { holdFrameOf } from "./hold_view.ts";
import {
  dibImageListViewSchema,
  dibImageTable,
  imageListViewSchema,
  imageTable,
  viewDibImageList,
  viewImageList,
} from "./image_lists.ts";
import { jobListViewSchema, jobTable, viewJobList } from "./job_list.ts";
import { labelListViewSchema, labelTable, viewLabelList } from "./label_list.ts";
import { nodeListViewSchema, nodeTable, viewNodeList } from "./node_list.ts";
import { renderNodeListJson } from "./node_list_json.ts";
import { providerListViewSchema, providerTable, viewProviderList } from "./provider_list.ts";
import { requestListViewSchema, requestTable, viewRequestList } from "./request_list.ts";
import { statusViewSchema, viewStatus } from "./status.ts";
import type { Table } from "./tables/column.ts";
import { statusTable } from "./tables/status_table.ts";
import type { FilterName, ViewFilter } from "./view_filter.ts";
import process from "node:process";

export interface PoolList<Answer extends v.GenericSchema = v.GenericSchema> {
  /** By default `state`: it shows what that holds, and nothing of the configuration. */
  readonly needs?: "state" | "config";
  readonly filters: readonly FilterName[];
  /** The states that its rows can be in, where it can be narrowed by them. */
  readonly states?: readonly string[];
  readonly answer: Answer;
  view(report: PoolReport, filter: ViewFilter): v.InferOutput<Answer>;
  /** The view as JSON in UTF-8, where there is a faster way to it. */
  json?(report: PoolReport, filter: ViewFilter): Promise<Uint8Array<ArrayBuffer>>;
  /** Its row type is nobody else's business: renderers only pass its rows to its columns. */
  // deno-lint-ignore no-explicit-any
  readonly table: Table<v.InferOutput<Answer>, any>;
}

function list<Answer extends v.GenericSchema>(described: PoolList<Answer>): PoolList<Answer> {
  return described;
}

export const poolLists = {
  "node-list": list({
    filters: ["id", "provider", "label", "state"],
    states: nodeStateNames,
    answer: nodeListViewSchema,
    view: viewNodeList,
    json: renderNodeListJson,
    table: nodeTable,
  }),
  "image-list": list({
    filters: ["id", "provider", "image", "state"],
    states: imageStateNames,
    answer: imageListViewSchema,
    view: viewImageList,
    table: imageTable,
  }),
  "dib-image-list": list({
    filters: ["id", "image", "state"],
    states: imageStateNames,
    answer: dibImageListViewSchema,
    view: viewDibImageList,
    table: dibImageTable,
  }),
  "label-list": list({
    needs: "config",
    filters: ["label", "provider"],
    answer: labelListViewSchema,
    view: viewLabelList,
    table: labelTable,
  }),
  "provider-list": list({
    needs: "config",
    filters: ["provider", "label"],
    answer: providerListViewSchema,
    view: viewProviderList,
    table: providerTable,
  }),
  "request-list": list({
    filters: ["label", "state"],
    states: requestStateNames,
    answer: requestListViewSchema,
    view: viewRequestList,
    table: requestTable,
  }),
  "job-list": list({
    filters: ["id", "job"],
    answer: jobListViewSchema,
    view: viewJobList,
    table: jobTable,
  }),
  "status": list({
    needs: "config",
    filters: [],
    answer: statusViewSchema,
    view: viewStatus,
    table: statusTable,
  }),
};

export type PoolViewName = keyof typeof poolLists;

type PoolView<Name extends PoolViewName> = v.InferOutput<(typeof poolLists)[Name]["answer"]>;

export function viewPool<Name extends PoolViewName>(
  report: PoolReport,
  { name, filter = {} }: { name: Name; filter?: ViewFilter },
): PoolView<Name> {
  const { view } = poolLists[name] as PoolList;
  return view(report, filter) as PoolView<Name>;
}

/** The same as JSON, in UTF-8. */
export async function renderPoolJson(
  report: PoolReport,
  { name, filter = {} }: { name: PoolViewName; filter?: ViewFilter },
): Promise<Uint8Array<ArrayBuffer>> {
  const { view, json }: PoolList = poolLists[name];
  return await json?.(report, filter) ?? new TextEncoder().encode(JSON.stringify(view(report, filter)));
}

/** A short text; as good as certainly another one for other contents. */
export function contentTag(
  report: PoolReport,
  { name, filter }: { name: PoolViewName; filter: ViewFilter },
): string {
  if (name === "node-list") return nodeRevisions(report);
  // At the beginning of time everything is 0 seconds old.
  return hash(JSON.stringify(viewPool({ ...report, now: 0 }, { name, filter })));
}

/**
 * A record says what it said as long as it has the same revision, but for its defects and what it is shown by. Another
 * node's change counts too: no harm.
 */
function nodeRevisions(report: PoolReport): string {
  const { installation, nodes, defects } = report;
  const numbers = new Float64Array(2 * nodes.length);
  for (const [index, { id, revision }] of nodes.entries()) {
    numbers[2 * index] = id;
    numbers[2 * index + 1] = revision;
  }
  return hash(numbers, JSON.stringify([installation.id, holdFrameOf(report), defects]));
}

function hash(content: string | Float64Array, salt = ""): string {
  // Loaded when it is needed: a list in the terminal does without.
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(salt).update(content).digest("base64url").slice(0, 22);
}
