/** The columns of `image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { ImageListView, ImageView } from "../image_lists.ts";
import type { Table } from "./column.ts";
import { waitingColumn } from "./node_table.ts";

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
