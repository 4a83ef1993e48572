/** The columns of `dib-image-list`: 2016's, in its order; then, in wide tables, what it did not know. */
import type { DibImageListView, DibImageView } from "../image_lists.ts";
import type { Table } from "./column.ts";
import { waitingColumn } from "./node_table.ts";

export const dibImageTable: Table<DibImageListView, DibImageView> = {
  rows: ({ dib_images }) => dib_images,
  columns: [
    { field: "id", header: "ID", kind: "id" },
    { field: "image", header: "Image" },
    { field: "filename", header: "Filename", kind: "exact", spare: 2 },
    { field: "version", header: "Version", kind: "number", spare: 3 },
    { field: "state", header: "State", kind: "state" },
    { field: "age", header: "Age", kind: "age" },
    { field: "formats", header: "Formats", wide: true },
    { field: "builder", header: "Builder", wide: true },
    { field: "files", header: "Bytes", kind: "number", wide: true, cell: ({ files }) => sizeOf(files) },
    waitingColumn,
    { field: "log_file", header: "Log", kind: "exact", wide: true },
    { field: "comment", header: "Comment", kind: "reason", wide: true },
    { field: "last_error", header: "Last error", kind: "reason", wide: true },
  ],
};

function sizeOf(files: DibImageView["files"]): string {
  return files.length === 0 ? "" : String(files.reduce((sum, { size }) => sum + size, 0));
}
