/** The columns of `image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { ImageListView, ImageView } from "../image_list.ts";
import { formatAge } from "./age.ts";
import { type Table, textOf } from "./column.ts";
import { describeWaiting } from "./node_table.ts";

export const imageTable: Table<ImageListView, ImageView> = {
  rows: ({ images }) => images,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true, cell: ({ id }) => String(id) },
    { field: "provider", header: "Provider", cell: ({ provider }) => provider },
    { field: "image", header: "Image", cell: ({ image }) => image },
    { field: "hostname", header: "Hostname", spare: 3, cell: ({ hostname }) => hostname },
    { field: "version", header: "Version", align: "right", spare: 2, cell: ({ version }) => String(version) },
    { field: "image_id", header: "Image ID", spare: 4, cell: ({ image_id }) => textOf(image_id) },
    { field: "server_id", header: "Server ID", spare: 1, cell: ({ server_id }) => textOf(server_id) },
    { field: "state", header: "State", whole: true, cell: ({ state }) => state },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "current", header: "Current", wide: true, cell: ({ current }) => current ? "yes" : "" },
    { field: "phase", header: "Phase", wide: true, cell: ({ phase }) => phase },
    {
      field: "progress",
      header: "Progress",
      wide: true,
      align: "right",
      cell: ({ progress }) => progress === null ? "" : `${progress}%`,
    },
    {
      field: "waiting_on",
      header: "Waiting on",
      wide: true,
      cell: ({ waiting_on }) => describeWaiting(waiting_on),
    },
    {
      field: "dib_image",
      header: "Dib image",
      wide: true,
      align: "right",
      cell: ({ dib_image }) => textOf(dib_image),
    },
    { field: "format", header: "Format", wide: true, cell: ({ format }) => textOf(format) },
    { field: "log_file", header: "Log", wide: true, cell: ({ log_file }) => textOf(log_file) },
    { field: "comment", header: "Comment", wide: true, cell: ({ comment }) => textOf(comment) },
    { field: "last_error", header: "Last error", wide: true, cell: ({ last_error }) => textOf(last_error) },
  ],
};
