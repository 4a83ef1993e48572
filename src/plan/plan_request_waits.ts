/** Why each request still waits, for views and waiting clients. */
import type { Apart } from "../domain/defect.ts";
import { describeRefusals } from "../domain/describe_obstacle.ts";
import { nextWaiting } from "../domain/next_waiting.ts";
import type { Obstacle, Refusal } from "../domain/obstacle.ts";
import type { LabelReport } from "../domain/pool_report.ts";
import type { WaitingOn } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Moment } from "../domain/time.ts";
import type { Keeping } from "./plan_grants.ts";
import type { PoolInput } from "./pool_plan.ts";

export interface RequestWait {
  readonly request: NodeRequest;
  readonly refusals: readonly Refusal[];
  /** The same in words; what the record has where nothing has changed. */
  readonly waitingOn: WaitingOn;
}

interface Situation extends Moment, Pick<PoolInput, "config" | "deserted" | "pauses"> {
  /** Each request is judged apart. */
  readonly apart: Apart;
  readonly reports: readonly LabelReport[];
  /** By label: why ready nodes are not handed out yet. */
  readonly withheld?: ReadonlyMap<string, readonly Refusal[]>;
  /** By id: why a request can never be met. */
  readonly impossible?: ReadonlyMap<number, Obstacle>;
  /** By id: for whom the ready nodes that a request could have are kept. */
  readonly kept?: ReadonlyMap<number, Keeping>;
}

/** For each of them, as far as it can be judged. */
export function planRequestWaits(
  requests: readonly NodeRequest[],
  { apart, reports, ...situation }: Situation,
): readonly RequestWait[] {
  const reportOf = new Map(reports.map((report) => [report.name, report]));
  const possible = requests.filter(({ id }) => !situation.impossible?.has(id));
  const before = countBefore(possible);
  const unmet = findUnmet(possible, reportOf);
  const judge = (request: NodeRequest): RequestWait => {
    const { reason, refusals } = whyWaiting(request, {
      ...situation,
      refused: unmet.has(request.id) ? reportOf.get(request.label)?.refusals ?? [] : [],
      before: before.get(request.id) ?? 0,
    });
    const was = request.waitingOn;
    const message = describeRefusals(refusals, situation);
    const waitingOn = nextWaiting(was, { reason, message }, situation.now);
    return {
      request,
      refusals,
      waitingOn: was?.reason === reason && was.message === message ? was : waitingOn,
    };
  };
  return requests.flatMap((request) =>
    apart.for({ kind: "request", id: request.id }, () => judge(request), null) ?? []
  );
}

/** By id: how many of its label are served first. */
function countBefore(requests: readonly NodeRequest[]): ReadonlyMap<number, number> {
  const byLabel = Map.groupBy([...requests].sort((a, b) => a.id - b.id), ({ label }) => label);
  return new Map([...byLabel.values()].flatMap((queue) => queue.map(({ id }, at) => [id, at] as const)));
}

/** Ids of those that the nodes on their way are not for: the last ones. */
function findUnmet(
  requests: readonly NodeRequest[],
  reportOf: ReadonlyMap<string, LabelReport>,
): ReadonlySet<number> {
  const left = new Map([...reportOf].map(([label, { demand }]) => [label, demand]));
  const unmet = new Set<number>();
  for (const { id, label, count } of [...requests].sort((a, b) => b.id - a.id)) {
    const missing = left.get(label) ?? 0;
    if (missing > 0) unmet.add(id);
    left.set(label, missing - count);
  }
  return unmet;
}

function whyWaiting(
  { id, label: name }: NodeRequest,
  { config, pauses, withheld, deserted, impossible, kept, refused, before }:
    & Omit<Situation, "apart" | "reports">
    & {
      refused: readonly Refusal[];
      before: number;
    },
): { readonly reason: WaitingOn["reason"]; readonly refusals: readonly Refusal[] } {
  const because = (reason: WaitingOn["reason"], obstacle: Obstacle, provider: string | null = null) => ({
    reason,
    refusals: [{ provider, obstacle }],
  });
  const label = config.labels.find((candidate) => candidate.name === name);
  if (label === undefined) return because("capacity", { kind: "label-not-configured", label: name });
  if (label.minReady < 0) return because("capacity", { kind: "label-disabled" });
  const never = impossible?.get(id);
  if (never !== undefined) return because("capacity", never);
  const keeping = kept?.get(id);
  if (keeping !== undefined) return because("node", { kind: "kept-for-request", ...keeping });
  if (refused.length > 0) return { reason: "capacity", refusals: refused };
  if (deserted?.has(id)) return because("node", { kind: "client-away" });
  const doubts = withheld?.get(name);
  if (doubts !== undefined) return { reason: "provider", refusals: doubts };
  if (before > 0) return because("node", { kind: "turn", before });
  const pause = pauses.findLast((each) => each.label === name);
  if (pause === undefined) return because("node", { kind: "building", failed: null });
  const { failures, lastError, lastKind = null, lastFailureAt: since } = pause;
  return because(
    "node",
    { kind: "building", failed: { failures, lastError, lastKind, since } },
    pause.provider,
  );
}
