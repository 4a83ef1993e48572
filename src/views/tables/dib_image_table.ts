/** The columns of `dib-image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { DibImageListView, DibImageView } from "../dib_image_list.ts";
import { formatAge } from "./age.ts";
import { type Table, textOf } from "./column.ts";
import { describeWaiting } from "./node_table.ts";

export const dibImageTable: Table<DibImageListView, DibImageView> = {
  rows: ({ dib_images }) => dib_images,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true, cell: ({ id }) => String(id) },
    { field: "image", header: "Image", cell: ({ image }) => image },
    { field: "filename", header: "Filename", spare: 2, cell: ({ filename }) => filename },
    { field: "version", header: "Version", align: "right", spare: 1, cell: ({ version }) => String(version) },
    { field: "state", header: "State", whole: true, cell: ({ state }) => state },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "formats", header: "Formats", wide: true, cell: ({ formats }) => formats.join(" ") },
    { field: "files", header: "Bytes", wide: true, align: "right", cell: ({ files }) => sizeOf(files) },
    {
      field: "waiting_on",
      header: "Waiting on",
      wide: true,
      cell: ({ waiting_on }) => describeWaiting(waiting_on),
    },
    { field: "log_file", header: "Log", wide: true, cell: ({ log_file }) => textOf(log_file) },
    { field: "comment", header: "Comment", wide: true, cell: ({ comment }) => textOf(comment) },
    { field: "last_error", header: "Last error", wide: true, cell: ({ last_error }) => textOf(last_error) },
  ],
};

function sizeOf(files: DibImageView["files"]): string {
  return files.length === 0 ? "" : String(files.reduce((sum, { size }) => sum + size, 0));
}
