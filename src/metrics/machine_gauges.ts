/** Gauges of a pool on several machines: who leads, who is there, how etcd is. Pure; computed at each scrape. */
import type { PoolReport } from "../domain/pool_report.ts";
import { SECOND } from "../domain/time.ts";
import type { PutGauge } from "./put_gauge.ts";

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
