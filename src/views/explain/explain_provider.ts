/** Why a provider gives what it gives. */
import type { Refusal } from "../../domain/obstacle.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import type { Explanation } from "./explanation.ts";
import {
  countsText,
  errorsOfNodes,
  newestErrors,
  nextOf,
  nodeFacts,
  roomText,
  standstillOf,
  toldError,
  toldObstacles,
} from "./told_parts.ts";

/** null: neither is it configured, nor are nodes of it left. */
export function explainProvider(report: PoolReport, name: string): Explanation | null {
  const config = report.config?.providers.find((one) => one.name === name);
  const nodes = report.nodes.filter(({ provider }) => provider === name);
  if (config === undefined && nodes.length === 0) return null;
  const seen = report.providers.find((one) => one.name === name);
  const error = seen?.error ?? null;
  const labels = report.config?.labels.filter(({ providers }) => providers.includes(name)) ?? [];
  const own: Refusal[] = seen === undefined || seen.obstacle === null
    ? []
    : [{ provider: name, obstacle: seen.obstacle }];
  const refused = report.labels.map((label) => ({
    label: label.name,
    refusals: label.refusals.filter(({ provider }) => provider === name),
  }));
  const refusals = [...standstillOf(report), ...own];
  const obstacles = [
    ...toldObstacles(refusals, { report, label: null }),
    ...refused.flatMap(({ label, refusals }) =>
      toldObstacles(refusals.filter(({ obstacle }) => obstacle.kind !== seen?.obstacle?.kind), {
        report,
        label,
      })
        .map((view) => ({ ...view, message: `label ${label}: ${view.message}` }))
    ),
  ];
  const pauses = report.pauses.filter(({ provider }) => provider === name);
  return {
    summary: `provider ${name}: ${answersText(seen)}; there: ${countsText(nodes)}`,
    obstacles,
    facts: [
      { name: "room", value: roomText(name, report) },
      { name: "labels", value: labels.map((label) => label.name).join(", ") || "none" },
      ...nodeFacts(nodes, report),
    ],
    next: nextOf([...refusals, ...refused.flatMap(({ refusals }) => refusals)], { report }),
    errors: newestErrors([
      ...(error === null ? [] : [toldError(`provider ${name}`, error.message, { at: error.since, report })]),
      ...pauses.map(({ label, lastError, lastFailureAt: at }) =>
        toldError(`label ${label} on ${name}`, lastError, { at, report })
      ),
      ...errorsOfNodes(nodes, report),
    ]),
  };
}

function answersText(seen: PoolReport["providers"][number] | undefined): string {
  if (seen === undefined || seen.reachable === null) return "not asked yet";
  return seen.reachable ? "it answers" : "it does not answer";
}
