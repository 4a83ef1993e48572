/** Why each request still waits, for whoever asks. */
import type { Config } from "../domain/config.ts";
import type { Apart } from "../domain/defect.ts";
import type { LabelReport } from "../domain/pool_report.ts";
import type { WaitingOn } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";
import { type Moment, timeOfDay } from "../domain/time.ts";
import type { Keeping } from "./plan_grants.ts";

export interface RequestWait {
  readonly request: NodeRequest;
  readonly waitingOn: WaitingOn;
}

/** Those whose reason is another one than their record says. */
export function planRequestWaits(
  requests: readonly NodeRequest[],
  {
    apart,
    reports,
    config,
    withheld = NONE,
    deserted = new Set(),
    impossible = NONE,
    kept = NONE,
    ...moment
  }:
    & Moment
    & {
      /** Each request is judged apart. */
      apart: Apart;
      reports: readonly LabelReport[];
      config: Config;
      /** By label: why ready nodes are not handed out yet. */
      withheld?: ReadonlyMap<string, string>;
      /** Ids of those whose clients have not come back since the daemon's start. */
      deserted?: ReadonlySet<number>;
      /** By id: why a request can never be met. */
      impossible?: ReadonlyMap<number, string>;
      /** By id: who the ready nodes are kept for that a request could have. */
      kept?: ReadonlyMap<number, Keeping>;
    },
): readonly RequestWait[] {
  const reportOf = new Map(reports.map((report) => [report.name, report]));
  const first = firstRequests(requests.filter(({ id }) => !impossible.has(id)));
  const judge = (request: NodeRequest): RequestWait[] => {
    const isFirst = first.get(request.label) === request.id;
    const { reason, message } = whyWaiting(request, {
      config,
      report: reportOf.get(request.label),
      withheld: withheld.get(request.label) ?? null,
      isFirst,
      isDeserted: deserted.has(request.id),
      impossible: impossible.get(request.id) ?? null,
      kept: describeKeeping(kept.get(request.id), moment),
    });
    const before = request.waitingOn;
    if (before?.reason === reason && before.message === message) return [];
    const since = before?.reason === reason ? before.since : moment.now;
    return [{ request, waitingOn: { reason, message, since } }];
  };
  return requests.flatMap((request) =>
    apart.for({ kind: "request", id: request.id }, () => judge(request), [])
  );
}

const NONE = new Map<never, never>();

function describeKeeping(keeping: Keeping | undefined, moment: Moment): string | null {
  if (keeping === undefined) return null;
  const { requestId, until } = keeping;
  return `the ready nodes of its label are reserved for request ${requestId}, until ${
    timeOfDay(until, moment)
  } at most`;
}

/** For each label the request that is served next. */
function firstRequests(requests: readonly NodeRequest[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { label, id } of requests) first.set(label, Math.min(id, first.get(label) ?? Infinity));
  return first;
}

function whyWaiting(
  { label: name }: NodeRequest,
  { config, report, withheld, isFirst, isDeserted, impossible, kept }: {
    config: Config;
    report: LabelReport | undefined;
    withheld: string | null;
    isFirst: boolean;
    isDeserted: boolean;
    impossible: string | null;
    kept: string | null;
  },
): Pick<WaitingOn, "reason" | "message"> {
  const label = config.labels.find((candidate) => candidate.name === name);
  if (label === undefined) {
    return { reason: "capacity", message: `the configuration no longer has label ${name}` };
  }
  if (label.minReady < 0) {
    return { reason: "capacity", message: "the label is disabled: its min-ready is -1" };
  }
  if (impossible !== null) return { reason: "capacity", message: impossible };
  if (kept !== null) return { reason: "node", message: kept };
  if (report !== undefined && report.refusals.length > 0) {
    const reasons = report.refusals.map(({ provider, reason }) =>
      provider === null ? reason : `${provider}: ${reason}`
    );
    return { reason: "capacity", message: reasons.join("; ") };
  }
  if (isDeserted) {
    return { reason: "node", message: "its client has not reconnected since the daemon started" };
  }
  if (withheld !== null) return { reason: "provider", message: withheld };
  if (!isFirst) return { reason: "node", message: "earlier requests of its label come first" };
  return { reason: "node", message: "its nodes are being built" };
}
