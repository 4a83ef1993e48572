/** The findings of `config-validate --online`. */
import type { OnlineCheck } from "../domain/online_check.ts";
import type { Moment } from "../domain/time.ts";
import type { Table } from "./tables/column.ts";
import { type ViewHead, viewHead } from "./view_head.ts";

export interface OnlineCheckListView extends ViewHead {
  /** How many checks came to each result. */
  readonly ok: number;
  readonly warnings: number;
  readonly failures: number;
  readonly checks: readonly OnlineCheck[];
}

export function viewOnlineChecks(checks: readonly OnlineCheck[], moment: Moment): OnlineCheckListView {
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
