/** The table of each view, by the view's name. */
import type { AlienListView } from "../alien_list.ts";
import type { PoolViews } from "../view_pool.ts";
import type { AlienImageListView } from "../alien_image_list.ts";
import { alienImageTable } from "./alien_image_table.ts";
import { alienTable } from "./alien_table.ts";
import type { Table } from "./column.ts";
import { dibImageTable } from "./dib_image_table.ts";
import { imageTable } from "./image_table.ts";
import { jobTable } from "./job_table.ts";
import { labelTable } from "./label_table.ts";
import type { OnlineCheckListView } from "../online_check_list.ts";
import { nodeTable } from "./node_table.ts";
import { onlineCheckTable } from "./online_check_table.ts";
import { providerTable } from "./provider_table.ts";
import { requestTable } from "./request_table.ts";
import { statusTable } from "./status_table.ts";

/** Every view that has a table. */
export interface TabularViews extends PoolViews {
  "alien-list": AlienListView;
  "alien-image-list": AlienImageListView;
  "config-validate": OnlineCheckListView;
}

// A table's own row type is nobody else's business: whoever renders only passes its rows to its columns.
// deno-lint-ignore no-explicit-any
type AnyRow = any;

export const tables: { readonly [Name in keyof TabularViews]: Table<TabularViews[Name], AnyRow> } = {
  "node-list": nodeTable,
  "request-list": requestTable,
  "job-list": jobTable,
  "label-list": labelTable,
  "provider-list": providerTable,
  "status": statusTable,
  "image-list": imageTable,
  "dib-image-list": dibImageTable,
  "alien-list": alienTable,
  "alien-image-list": alienImageTable,
  "config-validate": onlineCheckTable,
};
