/**
 * Gauges of the daemon itself: its configuration, its tasks, its state, its process; and of a pool on several machines: who
 * leads, who is there, how etcd is. Pure; computed at each scrape.
 */
import type { DaemonReport, PoolReport } from "../domain/pool_report.ts";
import { type Instant, type Milliseconds, type Moment, SECOND } from "../domain/time.ts";
import { viewReadiness } from "../views/health.ts";
import type { PutGauge } from "./metric_table.ts";

/** The facts that only the process itself knows. */
export interface ProcessFacts {
  readonly version: string;
  readonly commit: string;
  readonly deno: string;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** The longest delay of the event loop in the last minute. */
  readonly longestDelay: Milliseconds;
  /** Changes that wait until the current commit is written. */
  readonly queuedChanges: number;
}

export function putDaemonGauges(
  report: PoolReport,
  { facts, put }: { facts: ProcessFacts; put: PutGauge },
): void {
  const { daemon, targets, links, state, defects } = report;
  const { version, commit, deno, residentBytes, longestDelay, queuedChanges } = facts;
  put("nodepool_ready", {}, viewReadiness(report).ready ? 1 : 0);
  put("nodepool_state_writable", {}, state.problem === null ? 1 : 0);
  put("nodepool_defects", {}, defects.length);
  for (const [target, { online }] of targets) put("nodepool_target_online", { target }, online ? 1 : 0);
  for (const { name: link, state: { status } } of links) {
    put("nodepool_link_up", { link }, status === "connected" ? 1 : 0);
  }
  if (daemon !== null) putRun(daemon, { moment: report, put });
  put("nodepool_build_info", { version, commit, deno }, 1);
  put("nodepool_event_loop_delay_max_seconds", {}, longestDelay / SECOND);
  put("nodepool_state_queued_changes", {}, queuedChanges);
  put("process_resident_memory_bytes", {}, residentBytes);
}

function putRun(
  { startedAt, configProblems, configFault, configReadAt, tasks }: DaemonReport,
  { moment, put }: { moment: Moment; put: PutGauge },
): void {
  const timestamp = (at: Instant) => (at + moment.wallOffset) / SECOND;
  put("process_start_time_seconds", {}, timestamp(startedAt));
  const isInEffect = configProblems.length === 0 && configFault === null;
  put("nodepool_config_last_reload_successful", {}, isInEffect ? 1 : 0);
  put("nodepool_config_last_reload_success_timestamp_seconds", {}, timestamp(configReadAt));
  for (const { name: task, lastSuccessAt, lastError, runningSince } of tasks) {
    if (lastSuccessAt !== null) {
      put("nodepool_task_last_success_timestamp_seconds", { task }, timestamp(lastSuccessAt));
    }
    put("nodepool_task_failing", { task }, lastError === null ? 0 : 1);
    const age = runningSince === null ? 0 : moment.now - runningSince;
    put("nodepool_task_run_age_seconds", { task }, age / SECOND);
  }
}

const roles = ["standby", "builder"] as const;

/** Of a pool whose state is a file there are none. */
export function putMachineGauges(
  { machines, now }: Pick<PoolReport, "machines" | "now">,
  put: PutGauge,
): void {
  if (machines === null) return;
  const { pool, isSure, members, lost, etcd, clockAhead, lookedAt } = machines;
  put("nodepool_leader", { pool }, isSure ? 1 : 0);
  for (const role of roles) {
    const count = (all: readonly { readonly role: string }[]) =>
      all.filter((one) => one.role === role).length;
    put("nodepool_members", { pool, role }, count(members));
    put("nodepool_members_lost", { pool, role }, count(lost));
  }
  if (lookedAt !== null) put("nodepool_machines_seen_age_seconds", { pool }, (now - lookedAt) / SECOND);
  if (clockAhead !== null) put("nodepool_etcd_clock_ahead_seconds", { pool }, clockAhead / SECOND);
  for (const { endpoint, problem, isFull, databaseSize, quota } of etcd) {
    put("nodepool_etcd_up", { pool, endpoint }, problem === null ? 1 : 0);
    put("nodepool_etcd_full", { pool, endpoint }, isFull ? 1 : 0);
    if (quota !== null) put("nodepool_etcd_quota_bytes", { pool, endpoint }, quota);
    if (databaseSize !== null) put("nodepool_etcd_database_bytes", { pool, endpoint }, databaseSize);
  }
}
