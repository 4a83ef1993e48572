/** The columns of `alien-image-list`. */
import type { AlienImageListView, AlienImageView } from "../alien_image_list.ts";
import type { Table } from "./column.ts";

export const alienImageTable: Table<AlienImageListView, AlienImageView> = {
  rows: ({ aliens }) => aliens,
  columns: [
    { field: "provider", header: "Provider" },
    { field: "name", header: "Name" },
    { field: "image_id", header: "Image ID", kind: "name" },
  ],
};
