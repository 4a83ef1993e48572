/** The pool in a line, for `systemctl status`: `12 nodes (9 ready, 3 used), 2 requests waiting, 1 problem`. */
import { nodeStateNames } from "../domain/node.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { countText } from "../domain/count_text.ts";
import { countStates } from "./state_counts.ts";
import { listProblems } from "./list_problems.ts";

export function statusLine(report: PoolReport): string {
  const counts = countStates(report.nodes, () => "all").get("all");
  const states = nodeStateNames.flatMap((name) => counts?.[name] ? `${counts[name]} ${name}` : []).join(", ");
  const waiting = report.requests.filter(({ grantedAt }) => grantedAt === null).length;
  const problems = listProblems(report);
  return [
    countText(report.nodes.length, "node") + (states === "" ? "" : ` (${states})`),
    ...(waiting > 0 ? [`${countText(waiting, "request")} waiting`] : []),
    ...(problems.length > 0 ? [`${countText(problems.length, "problem")}: ${problems[0]}`] : []),
  ].join(", ");
}
