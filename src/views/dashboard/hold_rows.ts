/** The nodes that are held, those whose hold ends first at the top: by whom, why, until when, and how to log in. */
import type { PoolReport } from "../../domain/pool_report.ts";
import type { Instant } from "../../domain/time.ts";
import { heldNodes } from "../hold_view.ts";
import { type Shown, shownOf } from "./shown.ts";

export interface HoldRow {
  readonly id: number;
  readonly label: string;
  readonly provider: string;
  /** Empty: nobody said. */
  readonly holder: string;
  readonly reason: string | null;
  readonly since: Instant;
  /** null: when somebody ends it. */
  readonly ends: Instant | null;
  /** The command that logs in. */
  readonly login: string;
}

const MOST = 8;

export function holdRows(report: PoolReport): Shown<HoldRow> {
  const rows = heldNodes(report).map(({ node: { id, label, provider, hold, stateSince }, holder, ends }) => ({
    id,
    label,
    provider,
    holder,
    reason: hold?.reason ?? null,
    since: stateSince,
    ends,
    login: `nodepool ssh ${id}`,
  }));
  return shownOf(rows, { most: MOST });
}
