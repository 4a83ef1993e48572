/** The findings of `config-validate --online`. */
import type { OnlineCheck } from "../domain/online_check.ts";
import type { Moment } from "../domain/time.ts";
import type { Table } from "./tables/column.ts";
import { viewHead } from "./view_head.ts";

export type OnlineCheckListView = ReturnType<typeof viewOnlineChecks>;

/** With how many checks came to each result. */
export function viewOnlineChecks(checks: readonly OnlineCheck[], moment: Moment) {
  const count = (result: OnlineCheck["result"]) => checks.filter((check) => check.result === result).length;
  return {
    ...viewHead(moment),
    ok: count("ok"),
    warnings: count("warning"),
    failures: count("failure"),
    checks,
  };
}

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
