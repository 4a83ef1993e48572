/** The columns of `config-validate --online`. */
import type { OnlineCheck } from "../../domain/online_check.ts";
import type { OnlineCheckListView } from "../online_check_list.ts";
import type { Table } from "./column.ts";

export const onlineCheckTable: Table<OnlineCheckListView, OnlineCheck> = {
  rows: ({ checks }) => checks,
  columns: [
    { field: "provider", header: "Provider" },
    { field: "check", header: "Check", kind: "exact" },
    { field: "subject", header: "Subject" },
    { field: "result", header: "Result", kind: "state" },
    { field: "message", header: "Message", kind: "reason" },
  ],
};
