/** The columns of `alien-image-list`. */
import type { AlienImageListView, AlienImageView } from "../alien_image_list.ts";
import type { Table } from "./column.ts";

export const alienImageTable: Table<AlienImageListView, AlienImageView> = {
  rows: ({ aliens }) => aliens,
  columns: [
    { field: "provider", header: "Provider", cell: ({ provider }) => provider },
    { field: "name", header: "Name", cell: ({ name }) => name },
    { field: "image_id", header: "Image ID", cell: ({ image_id }) => image_id },
  ],
};
