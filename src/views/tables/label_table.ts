/** The columns of `label-list`. */
import type { LabelListView, LabelView, RefusalView } from "../label_list.ts";
import { type Table, textOf } from "./column.ts";
import { countColumns } from "./count_columns.ts";

export const labelTable: Table<LabelListView, LabelView> = {
  rows: ({ labels }) => labels,
  columns: [
    { field: "name", header: "Label", kind: "name" },
    { field: "min_ready", header: "Min-ready", kind: "count", cell: ({ min_ready }) => minReady(min_ready) },
    ...countColumns<LabelView>(),
    { field: "requested", header: "Requested", kind: "count", share: "Demand" },
    { field: "missing", header: "Missing", kind: "count", share: "Demand" },
    { field: "refusals", header: "Why", kind: "reason", cell: ({ refusals }) => describeRefusals(refusals) },
    { field: "image", header: "Image", wide: true },
    { field: "providers", header: "Providers", wide: true },
    { field: "max_servers", header: "Max-servers", kind: "number", wide: true },
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
