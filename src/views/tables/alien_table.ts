/** The columns of `alien-list`. */
import type { AlienListView, AlienView } from "../alien_list.ts";
import type { Table } from "./column.ts";

export const alienTable: Table<AlienListView, AlienView> = {
  rows: ({ aliens }) => aliens,
  columns: [
    { field: "provider", header: "Provider" },
    { field: "hostname", header: "Hostname" },
    { field: "server_id", header: "Server ID", kind: "name" },
    { field: "ip", header: "IP", kind: "exact" },
  ],
};
