/** The columns of `image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { ImageListView, ImageView } from "../image_list.ts";
import { formatAge } from "./age.ts";
import type { Table } from "./column.ts";
import { waitingColumn } from "./node_table.ts";

export const imageTable: Table<ImageListView, ImageView> = {
  rows: ({ images }) => images,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true },
    { field: "provider", header: "Provider" },
    { field: "image", header: "Image" },
    { field: "hostname", header: "Hostname", spare: 3 },
    { field: "version", header: "Version", align: "right", spare: 2 },
    { field: "image_id", header: "Image ID", spare: 4 },
    { field: "server_id", header: "Server ID", spare: 1 },
    { field: "state", header: "State", whole: true },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "current", header: "Current", wide: true, cell: ({ current }) => current ? "yes" : "" },
    { field: "phase", header: "Phase", wide: true },
    {
      field: "progress",
      header: "Progress",
      wide: true,
      align: "right",
      cell: ({ progress }) => progress === null ? "" : `${progress}%`,
    },
    waitingColumn,
    { field: "dib_image", header: "Dib image", wide: true, align: "right" },
    { field: "format", header: "Format", wide: true },
    { field: "log_file", header: "Log", wide: true },
    { field: "comment", header: "Comment", wide: true },
    { field: "last_error", header: "Last error", wide: true },
  ],
};
