/** The report of a pool whose state has not been read, or not yet: callers add what they know of it. */
import type { EtcdMemberReport, MachinesReport } from "./machines_report.ts";
import type { PoolReport } from "./pool_report.ts";
import { noSamples } from "./samples/pool_samples.ts";
import type { Moment } from "./time.ts";

export function unreadReport({ now, wallOffset }: Moment, machines: MachinesReport | null): PoolReport {
  return {
    now,
    wallOffset,
    machines,
    clock: null,
    installation: { id: "", createdAt: now },
    state: { problem: null, withheld: null, isUnread: true },
    daemon: null,
    config: null,
    nodes: [],
    requests: [],
    demand: new Map(),
    jobs: [],
    pauses: [],
    dibImages: [],
    images: [],
    orders: [],
    uploads: new Map(),
    labels: [],
    whyNoMore: () => [],
    standstill: { kind: "no-daemon" },
    waits: new Map(),
    providers: [],
    targets: new Map(),
    links: [],
    samples: noSamples,
    defects: [],
  };
}

/** As they look to a process that does not lead: all but the etcd may be left out. */
export function machinesFromOutside(
  seen: { readonly pool: string; readonly etcd: readonly EtcdMemberReport[] } & Partial<MachinesReport>,
): MachinesReport {
  return {
    leader: null,
    self: null,
    isSure: false,
    members: [],
    config: null,
    lost: [],
    builders: [],
    whyNobodyBuilds: null,
    clockAhead: null,
    uncompactedFor: null,
    lookedAt: null,
    problem: null,
    ...seen,
  };
}
