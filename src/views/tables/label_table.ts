/** The columns of `label-list`. */
import type { LabelListView, LabelView, RefusalView } from "../label_list.ts";
import { type Table, textOf } from "./column.ts";
import { countColumns } from "./count_columns.ts";

export const labelTable: Table<LabelListView, LabelView> = {
  rows: ({ labels }) => labels,
  columns: [
    { field: "name", header: "Label" },
    { field: "min_ready", header: "Min-ready", align: "right", cell: ({ min_ready }) => minReady(min_ready) },
    ...countColumns<LabelView>(),
    { field: "requested", header: "Requested", align: "right" },
    { field: "missing", header: "Missing", align: "right" },
    { field: "refusals", header: "Why", cell: ({ refusals }) => describeRefusals(refusals) },
    { field: "image", header: "Image", wide: true },
    { field: "providers", header: "Providers", wide: true },
    { field: "max_servers", header: "Max-servers", wide: true, align: "right" },
    { field: "configured", header: "Configured", wide: true },
  ],
};

function minReady(value: number | null): string {
  return value === -1 ? "disabled" : textOf(value);
}

function describeRefusals(refusals: readonly RefusalView[]): string {
  return refusals.map(({ provider, reason }) => provider === null ? reason : `${provider}: ${reason}`)
    .join("; ");
}
