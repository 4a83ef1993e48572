/**
 * The pool as somebody sees it who keeps the page open: what needs attention first, then the numbers, the labels, the
 * providers, what is late, who holds nodes, and the images. Plain data, made from a report in one go; long lists are cut
 * to what matters, and say how many rows they leave out. `/` shows it.
 */
import type { PoolReport } from "../../domain/pool_report.ts";
import { earliest, type Instant } from "../../domain/time.ts";
import { type MachinesView, viewMachines } from "../machines.ts";
import { problemsOf } from "../list_problems.ts";
import type { PoolProblem } from "../pool_problem.ts";
import { countStates, noNodes, type StateCounts } from "../state_counts.ts";
import { type HoldRow, holdRows, type LateThing, lateThings } from "./thing_rows.ts";
import { imageRows, type MadeImageRow } from "./image_rows.ts";
import { type LabelRow, labelRows } from "./label_rows.ts";
import { type ProviderRow, providerRows } from "./provider_rows.ts";
import { type Shown, shownOf } from "./shown.ts";

export interface Dashboard {
  readonly now: Instant;
  readonly wallOffset: number;
  readonly problems: Shown<PoolProblem>;
  /** Of all servers, those for images included. */
  readonly nodes: StateCounts;
  readonly waiting: {
    readonly requests: number;
    /** When the oldest was made; null: none waits. */
    readonly oldest: Instant | null;
    /** Jobs in the queues of Gearman servers that need a node. */
    readonly jobs: number;
  };
  readonly labels: Shown<LabelRow>;
  readonly providers: Shown<ProviderRow>;
  readonly late: Shown<LateThing>;
  readonly holds: Shown<HoldRow>;
  readonly images: Shown<MadeImageRow>;
  /** null: the state is a file. */
  readonly machines: MachinesView | null;
}

export function viewDashboard(report: PoolReport): Dashboard {
  const nodes = report.nodes.filter(({ role }) => role === "node");
  return {
    now: report.now,
    wallOffset: report.wallOffset,
    problems: shownOf(problemsOf(report), { most: 24 }),
    nodes: countStates(report.nodes, () => "all").get("all") ?? noNodes(),
    waiting: waitingOf(report),
    labels: labelRows(report, nodes),
    providers: providerRows(report),
    late: lateThings(report),
    holds: holdRows(report),
    images: imageRows(report),
    machines: report.machines === null ? null : viewMachines(report.machines, report),
  };
}

function waitingOf({ requests, demand }: PoolReport): Dashboard["waiting"] {
  const waiting = requests.filter(({ grantedAt }) => grantedAt === null);
  return {
    requests: waiting.length,
    oldest: earliest(waiting.map(({ createdAt }) => createdAt)),
    jobs: [...demand.values()].reduce((sum, jobs) => sum + jobs, 0),
  };
}
