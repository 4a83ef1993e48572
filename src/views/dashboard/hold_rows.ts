/** The nodes that are held, those whose hold ends first at the top: by whom, why, until when, and how to log in. */
import { holdEnd } from "../../domain/end_of_hold.ts";
import { type NodeRecord, stateName } from "../../domain/node.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import type { Instant } from "../../domain/time.ts";
import { describeHolder } from "../hold_view.ts";
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

export function holdRows({ config }: PoolReport, nodes: readonly NodeRecord[]): Shown<HoldRow> {
  const holdMaxAge = config?.limits.holdMaxAge ?? null;
  const rows = nodes.filter((node) => stateName(node) === "hold").map((node): HoldRow => ({
    id: node.id,
    label: node.label,
    provider: node.provider,
    holder: describeHolder({
      owner: node.hold?.owner ?? null,
      job: node.job,
      isStale: node.hold?.mayBeInUse === true,
    }),
    reason: node.hold?.reason ?? null,
    since: node.stateSince,
    ends: holdEnd(node, holdMaxAge),
    login: `nodepool ssh ${node.id}`,
  }));
  rows.sort((left, right) => (left.ends ?? Infinity) - (right.ends ?? Infinity) || left.id - right.id);
  return shownOf(rows, { most: MOST });
}
