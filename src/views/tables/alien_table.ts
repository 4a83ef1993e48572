/** The columns of `alien-list`. */
import type { AlienListView, AlienView } from "../alien_list.ts";
import { type Table, textOf } from "./column.ts";

export const alienTable: Table<AlienListView, AlienView> = {
  rows: ({ aliens }) => aliens,
  columns: [
    { field: "provider", header: "Provider", cell: ({ provider }) => provider },
    { field: "hostname", header: "Hostname", cell: ({ hostname }) => hostname },
    { field: "server_id", header: "Server ID", cell: ({ server_id }) => server_id },
    { field: "ip", header: "IP", cell: ({ ip }) => textOf(ip) },
  ],
};
