/** Why a provider gives the nodes it gives. */
import type { Refusal } from "../../domain/obstacle.ts";
import type { PoolReport } from "../../domain/pool_report.ts";
import { namesText } from "../../lib/suggest.ts";
import { type ObstacleView, viewObstacle } from "../obstacle_view.ts";
import type { Explanation } from "./explanation.ts";
import {
  countsText,
  errorsOfNodes,
  errorsOfPauses,
  MOST,
  newestErrors,
  nextOf,
  nodeFacts,
  refusalsOfLabel,
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
  const refused = labels.flatMap((label) =>
    refusalsOfLabel(report, label.name).filter(({ provider, obstacle }) =>
      provider === name && obstacle.kind !== seen?.obstacle?.kind
    ).map((refusal) => ({ label: label.name, refusal }))
  );
  const refusals = [...standstillOf(report), ...own];
  const reachable = seen?.reachable ?? null;
  const answers = reachable === null ? "not asked yet" : reachable ? "it answers" : "it does not answer";
  return {
    summary: `provider ${name}: ${answers}; ${countsText(nodes)}`,
    obstacles: [...toldObstacles(refusals, { report, label: null }), ...obstaclesOfLabels(refused, report)],
    facts: [
      { name: "room", value: roomText(name, report) },
      { name: "labels", value: labels.map((label) => label.name).join(", ") || "none" },
      ...nodeFacts(nodes, report),
    ],
    next: nextOf([...refusals, ...refused.map(({ refusal }) => refusal)], { report }),
    errors: newestErrors([
      ...(error === null ? [] : [toldError(`provider ${name}`, error.message, { at: error.since, report })]),
      ...errorsOfPauses(report.pauses.filter(({ provider }) => provider === name), report),
      ...errorsOfNodes(nodes, report),
    ]),
  };
}

/** The same obstacle of several labels is shown once. */
function obstaclesOfLabels(
  refused: readonly { readonly label: string; readonly refusal: Refusal }[],
  report: PoolReport,
): ObstacleView[] {
  const views = refused.map(({ label, refusal }) => ({
    label,
    view: viewObstacle(refusal, { report, label }),
  }));
  return [...Map.groupBy(views, ({ view }) => JSON.stringify(view)).values()].map((alike) => {
    const names = namesText(alike.map(({ label }) => label), { most: MOST });
    const { view } = alike[0]!;
    return {
      ...view,
      message: `${alike.length === 1 ? "label" : "labels"} ${names}: ${view.message}`,
    };
  });
}
