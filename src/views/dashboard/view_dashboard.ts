/**
 * The pool as somebody sees it who keeps the page open: what needs attention first, then the numbers, the labels, the
 * providers, what is late, who holds nodes, and the images. Plain data, made from a report in one go; long lists are cut
 * to what matters, and say how many rows they leave out. `/` shows it.
 */
import type { PoolReport } from "../../domain/pool_report.ts";
import { earliest } from "../../domain/time.ts";
import { viewMachines } from "../machines.ts";
import { problemsOf } from "../list_problems.ts";
import { countAll } from "../state_counts.ts";
import { holdRows, lateThings } from "./thing_rows.ts";
import { imageRows } from "./image_rows.ts";
import { labelRows } from "./label_rows.ts";
import { providerRows } from "./provider_rows.ts";
import { shownOf } from "./shown.ts";

export type Dashboard = ReturnType<typeof viewDashboard>;

export function viewDashboard(report: PoolReport) {
  const nodes = report.nodes.filter(({ role }) => role === "node");
  return {
    now: report.now,
    wallOffset: report.wallOffset,
    problems: shownOf(problemsOf(report), { most: 24 }),
    /** Of all servers, those for images included. */
    nodes: countAll(report.nodes),
    waiting: waitingOf(report),
    labels: labelRows(report, nodes),
    providers: providerRows(report),
    late: lateThings(report),
    holds: holdRows(report),
    images: imageRows(report),
    /** null: the state is a file. */
    machines: report.machines === null ? null : viewMachines(report.machines, report),
  };
}

function waitingOf({ requests, demand }: PoolReport) {
  const waiting = requests.filter(({ grantedAt }) => grantedAt === null);
  return {
    requests: waiting.length,
    /** When the oldest was made; null: none waits. */
    oldest: earliest(waiting.map(({ createdAt }) => createdAt)),
    /** Jobs in the queues of Gearman servers that need a node. */
    jobs: [...demand.values()].reduce((sum, jobs) => sum + jobs, 0),
  };
}
