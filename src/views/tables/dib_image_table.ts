/** The columns of `dib-image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { DibImageListView, DibImageView } from "../dib_image_list.ts";
import { formatAge } from "./age.ts";
import type { Table } from "./column.ts";
import { waitingColumn } from "./node_table.ts";

export const dibImageTable: Table<DibImageListView, DibImageView> = {
  rows: ({ dib_images }) => dib_images,
  columns: [
    { field: "id", header: "ID", align: "right", whole: true },
    { field: "image", header: "Image" },
    { field: "filename", header: "Filename", spare: 2 },
    { field: "version", header: "Version", align: "right", spare: 1 },
    { field: "state", header: "State", whole: true },
    { field: "age", header: "Age", whole: true, cell: ({ age }) => formatAge(age) },
    { field: "formats", header: "Formats", wide: true },
    { field: "files", header: "Bytes", wide: true, align: "right", cell: ({ files }) => sizeOf(files) },
    waitingColumn,
    { field: "log_file", header: "Log", wide: true },
    { field: "comment", header: "Comment", wide: true },
    { field: "last_error", header: "Last error", wide: true },
  ],
};

function sizeOf(files: DibImageView["files"]): string {
  return files.length === 0 ? "" : String(files.reduce((sum, { size }) => sum + size, 0));
}
