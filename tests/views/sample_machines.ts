/** A pool on three machines, for the tests of everything that shows one: a leader, a standby, a builder that is gone. */
import type { Machine, MachinesReport } from "../../src/domain/machines_report.ts";
import { HOUR, MINUTE, SECOND } from "../../src/domain/time.ts";
import { NOW } from "./sample_pool.ts";

export function sampleMachine(host: string, fields: Partial<Machine> = {}): Machine {
  return { id: `id-of-${host}`, host, pid: 4711, version: "0.4.0", since: NOW - HOUR, ...fields };
}

export function sampleMachines(fields: Partial<MachinesReport> = {}): MachinesReport {
  const leader = sampleMachine("ci-a");
  const member = {
    problem: null,
    version: "3.4.23",
    databaseSize: 20_480,
    quota: 4 * 2 ** 30,
    isRaftLeader: false,
    isFull: false,
  };
  return {
    pool: "ci",
    leader,
    self: leader,
    isSure: true,
    members: [{ ...sampleMachine("ci-b"), role: "standby" }],
    config: { labels: "1", providers: "1" },
    lost: [{ host: "ci-c", role: "builder", since: NOW - 5 * MINUTE }],
    builders: [{
      id: "folder-of-ci-a",
      host: "ci-a",
      version: "0.4.0",
      state: "here",
      problem: null,
      buildWorkers: 1,
      uploadWorkers: 4,
      works: ["build", "upload", "upload"],
    }],
    whyNobodyBuilds: null,
    etcd: [
      { ...member, endpoint: "https://e1:2379" },
      { ...member, endpoint: "https://e2:2379", isRaftLeader: true, databaseSize: 5_767_168 },
      {
        ...member,
        endpoint: "https://e3:2379",
        problem: "connection refused",
        version: null,
        databaseSize: null,
        quota: null,
      },
    ],
    clockAhead: 120,
    uncompactedFor: null,
    lookedAt: NOW - 4 * SECOND,
    problem: null,
    ...fields,
  };
}
