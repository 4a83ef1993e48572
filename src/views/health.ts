/** Whether the pool can do its work: what `/readyz` tells load balancers and monitoring. */
import type { PoolReport } from "../domain/pool_report.ts";

export interface ReadinessView {
  readonly ready: boolean;
  /** Why not; empty when ready. */
  readonly reasons: readonly string[];
}

/**
 * Ready: a daemon takes on work and at least one of its clouds answers (or none is configured). A daemon that
 * runs on its last good configuration is ready: what is wrong with the file is told by `status`.
 */
export function viewReadiness({ daemon, providers }: PoolReport): ReadinessView {
  const reasons: string[] = [];
  if (daemon === null) reasons.push("no daemon is running");
  else if (!daemon.accepting) reasons.push("the daemon is stopping");
  if (providers.length > 0 && !providers.some(({ reachable }) => reachable === true)) {
    reasons.push("no provider has answered yet");
  }
  return { ready: reasons.length === 0, reasons };
}
