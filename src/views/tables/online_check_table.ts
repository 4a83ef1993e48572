/** The columns of `config-validate --online`. */
import type { OnlineCheck } from "../../domain/online_check.ts";
import type { OnlineCheckListView } from "../online_check_list.ts";
import { type Table, textOf } from "./column.ts";

export const onlineCheckTable: Table<OnlineCheckListView, OnlineCheck> = {
  rows: ({ checks }) => checks,
  columns: [
    { field: "provider", header: "Provider", cell: ({ provider }) => provider },
    { field: "check", header: "Check", whole: true, cell: ({ check }) => check },
    { field: "subject", header: "Subject", cell: ({ subject }) => textOf(subject) },
    { field: "result", header: "Result", whole: true, cell: ({ result }) => result },
    { field: "message", header: "Message", whole: true, cell: ({ message }) => message },
  ],
};
