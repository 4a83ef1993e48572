/** The machines of a pool whose state is on etcd, as `status` shows them. */
import * as v from "valibot";
import { differingKeys } from "../domain/differing_keys.ts";
import type { Machine, MachinesReport } from "../domain/machines_report.ts";
import { isoText, type Moment, SECOND } from "../domain/time.ts";
import { isoTime, isoTimeOrNull, seconds } from "./view_head.ts";
import { number, numberOrNull, rows, since0_4, string, stringOrNull, word } from "./view_schema.ts";

const machine = {
  host: string,
  pid: number,
  /** Of the program. */
  version: string,
  since: string,
};

const role = word(["standby", "builder"]);

export const machinesViewSchema = v.object({
  pool: string,
  /** null: no machine leads, or etcd has not said which. */
  leader: v.nullable(v.object(machine)),
  /** Whether the daemon that answers is sure to lead. */
  sure: v.boolean(),
  members: rows(v.object({
    role,
    ...machine,
    /** The configuration's keys in which it differs from the leader's; empty: it does not, or that is not known. */
    config_differs: since0_4(rows(string)),
  })),
  /** Those that ask the leader for images to build, on whatever machine. */
  builders: rows(v.object({
    host: string,
    version: string,
    /** Silent: it has not asked for a while; lost: its work in progress has failed. */
    state: word(["here", "silent", "lost", "gone"]),
    /** Its work now. */
    building: number,
    uploading: number,
  })),
  /** Those that left in the last day, and have not come back. */
  lost: rows(v.object({ role, host: string, since: string })),
  etcd: rows(v.object({
    endpoint: string,
    version: stringOrNull,
    /** Whether it leads the members of etcd. */
    raft_leader: v.boolean(),
    /** Bytes. */
    database_size: numberOrNull,
    /** Bytes that its database may have. */
    quota: numberOrNull,
    full: v.boolean(),
    /** Why it does not answer. */
    problem: stringOrNull,
  })),
  /** Seconds by which etcd's clock is ahead of the machine's. */
  clock_ahead: numberOrNull,
  /** When all of this was seen; null: not yet. */
  seen: stringOrNull,
  /** Seconds since then. */
  age: numberOrNull,
});
export type MachinesView = v.InferOutput<typeof machinesViewSchema>;

export function viewMachines(report: MachinesReport, moment: Moment): MachinesView {
  const { pool, leader, isSure, members, builders, lost, etcd, clockAhead, lookedAt } = report;
  return {
    pool,
    leader: leader === null ? null : viewMachine(leader),
    sure: isSure,
    members: members.map((member) => ({
      role: member.role,
      ...viewMachine(member),
      config_differs: differingKeys(report, member),
    })),
    builders: builders.map(({ host, version, state, works }) => ({
      host,
      version,
      state,
      building: works.filter((work) => work === "build").length,
      uploading: works.filter((work) => work === "upload").length,
    })),
    lost: lost.map(({ role, host, since }) => ({ role, host, since: isoTime(since, moment) })),
    etcd: etcd.map(({ endpoint, version, isRaftLeader, databaseSize, quota, isFull, problem }) => ({
      endpoint,
      version,
      raft_leader: isRaftLeader,
      database_size: databaseSize,
      quota,
      full: isFull,
      problem,
    })),
    clock_ahead: clockAhead === null ? null : Math.round(clockAhead) / SECOND,
    seen: isoTimeOrNull(lookedAt, moment),
    age: lookedAt === null ? null : seconds(moment.now - lookedAt),
  };
}

function viewMachine({ host, pid, version, since }: Machine) {
  return { host, pid, version, since: isoText(since) };
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function sizeText(bytes: number): string {
  const step = bytes < 1_024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1_024 ** step;
  return `${amount < 10 && step > 0 ? amount.toFixed(1) : Math.round(amount)} ${UNITS[step]}`;
}
