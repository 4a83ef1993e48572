/** The problems of labels that lack nodes. Where many lack them for the same reasons, that is one problem. */
import { describeRefusals } from "../domain/describe_obstacle.ts";
import type { LabelReport, PoolReport } from "../domain/pool_report.ts";
import { earliest } from "../domain/time.ts";
import { countText } from "../domain/count_text.ts";
import { namesText } from "../lib/suggest.ts";
import { untilOf } from "./explain/told_parts.ts";
import { viewObstacle } from "./obstacle_view.ts";
import { type PoolProblem, problem } from "./pool_problem.ts";

/** A label that lacks nodes: `told` has the reasons that count; `askedSince` null: nobody waits for them. */
type Lacking = ReturnType<typeof lackingOf>[number];

/** Up to this number, each is listed by itself. */
const FEW = 3;

export function missingNodes(report: PoolReport): PoolProblem[] {
  const groups = Map.groupBy(report.labels.flatMap((label) => lackingOf(label, report)), ({ why }) => why);
  return [...groups.values()].flatMap((group) => {
    if (group.length <= FEW) {
      return group.map((one) => problemOf(`label ${one.name}`, { group: [one], report }));
    }
    // `a, b, c and 37 more`
    const names = namesText(group.map(({ name }) => name), { most: FEW });
    return [problemOf(`${countText(group.length, "label")} (${names})`, { group, report })];
  });
}

/** That a provider is retired was somebody's wish: it is worth a word only to those that wait for its nodes. */
function lackingOf({ name, wanted, refusals }: LabelReport, report: PoolReport) {
  if (wanted === 0) return [];
  const others = refusals.filter(({ obstacle }) => obstacle.kind !== "retired");
  const waiting = report.requests.filter(({ label, grantedAt }) => label === name && grantedAt === null);
  const isAsked = waiting.length > 0 || (report.demand.get(name) ?? 0) > 0;
  if (others.length === 0 && refusals.length > 0 && !isAsked) return [];
  const told = others.length > 0 ? others : refusals;
  const why = describeRefusals(told, { ...report, isLinked: false }) || "no reason given";
  return [{ name, wanted, told, why, askedSince: earliest(waiting.map(({ createdAt }) => createdAt)) }];
}

/** @param about `group`: one at least, all of which lack nodes for the same reasons */
function problemOf(
  who: string,
  { group, report }: { group: readonly Lacking[]; report: PoolReport },
): PoolProblem {
  const [{ name, told, why }] = group as [Lacking];
  const wanted = group.reduce((sum, one) => sum + one.wanted, 0);
  const since = earliest(told.map(({ obstacle }) => "since" in obstacle ? obstacle.since : null));
  return problem(`${who}: ${countText(wanted, "node")} missing: ${why}`, {
    remedies: told.map((refusal) => viewObstacle(refusal, { report, label: name })),
    since: since ?? earliest(group.map(({ askedSince }) => askedSince)),
    until: earliest(told.map(({ obstacle }) => untilOf(obstacle))),
    thing: { kind: "label", name },
  });
}
