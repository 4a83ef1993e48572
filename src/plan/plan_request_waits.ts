/** Why each request still waits, for whoever asks. */
import type { LabelReport } from "../domain/pool_report.ts";
import type { WaitingOn } from "../domain/node.ts";
import type { NodeRequest } from "../domain/request.ts";
import type { Instant } from "../domain/time.ts";

export interface RequestWait {
  readonly request: NodeRequest;
  readonly waitingOn: WaitingOn;
}

/** Those whose reason is another one than their record says. */
export function planRequestWaits(
  requests: readonly NodeRequest[],
  reports: readonly LabelReport[],
  now: Instant,
): readonly RequestWait[] {
  const reportOf = new Map(reports.map((report) => [report.name, report]));
  return requests.flatMap((request) => {
    const { reason, message } = whyWaiting(reportOf.get(request.label));
    const before = request.waitingOn;
    if (before?.reason === reason && before.message === message) return [];
    const since = before?.reason === reason ? before.since : now;
    return [{ request, waitingOn: { reason, message, since } }];
  });
}

function whyWaiting(report: LabelReport | undefined): Pick<WaitingOn, "reason" | "message"> {
  if (report === undefined || report.refusals.length === 0) {
    return { reason: "node", message: "its nodes are being built" };
  }
  const reasons = report.refusals.map(({ provider, reason }) =>
    provider === null ? reason : `${provider}: ${reason}`
  );
  return { reason: "capacity", message: reasons.join("; ") };
}
