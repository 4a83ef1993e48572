/** The pool in a line, for `systemctl status`: `12 nodes (9 ready, 3 used), 2 requests waiting, 1 problem`. */
import { nodeStateNames } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { countStates } from "./state_counts.ts";
import { listProblems } from "./status.ts";

export function statusLine(report: PoolReport): string {
  const counts = countStates(report.nodes, () => "all").get("all");
  const states = nodeStateNames.flatMap((name) => counts?.[name] ? `${counts[name]} ${name}` : []).join(", ");
  const waiting = report.requests.filter(({ grantedAt }) => grantedAt === null).length;
  const problems = listProblems(report);
  return [
    many(report.nodes.length, "node") + (states === "" ? "" : ` (${states})`),
    ...(waiting > 0 ? [`${many(waiting, "request")} waiting`] : []),
    ...(problems.length > 0 ? [`${many(problems.length, "problem")}: ${problems[0]}`] : []),
  ].join(", ");
}

function many(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
