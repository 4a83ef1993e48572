/** Whether the pool can do its work: what `/readyz` tells load balancers and monitoring. */
import type { PoolReport, StateReport, TaskReport } from "../domain/pool_report.ts";

interface ReadinessView {
  readonly ready: boolean;
  /** Why not; empty when ready. */
  readonly reasons: readonly string[];
}

/**
 * Ready: a daemon takes on work, its state can be written, it plans, it may launch, and at least one of its clouds answers
 * and is not frozen (or none is configured). A daemon that runs on its last good configuration is ready: `status` says what
 * is wrong with the file.
 */
export function viewReadiness({ daemon, providers, state }: PoolReport): ReadinessView {
  const reasons: string[] = [];
  if (daemon === null) reasons.push("no daemon is running");
  else if (!daemon.accepting) reasons.push("the daemon is stopping");
  reasons.push(...stateProblems(state));
  if (state.problem === null) reasons.push(...planningProblems(daemon?.tasks ?? []));
  const answering = providers.filter(({ reachable }) => reachable === true);
  if (providers.length > 0 && answering.length === 0) reasons.push("no provider has answered yet");
  else if (answering.length > 0 && answering.every(({ frozen }) => frozen !== null)) {
    reasons.push(...answering.map(({ name, frozen }) => `provider ${name}: ${frozen}`));
  }
  return { ready: reasons.length === 0, reasons };
}

/** Without its tick, a pool stands still. */
function planningProblems(tasks: readonly TaskReport[]): string[] {
  return tasks.flatMap(({ name, lastError }) =>
    name === "tick" && lastError !== null ? [`the task ${name} fails: ${lastError.message}`] : []
  );
}

/** The faults that keep a pool from its work, whatever its clouds do; one line each. */
export function stateProblems({ problem, withheld }: StateReport): string[] {
  return [
    ...(problem === null ? [] : [problem]),
    ...(withheld === null ? [] : [`nothing is launched: ${withheld}`]),
  ];
}
