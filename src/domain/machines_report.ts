/**
 * The machines of a pool whose state is on etcd, and the etcd, as the leader last saw them. `status`, the metrics and the
 * alerts show them; nothing is decided by them.
 */
import type { BuilderStanding } from "./build_places.ts";
import type { Instant, Milliseconds } from "./time.ts";

/** A process of the pool. */
export interface Machine {
  /** Of the process; another at its next start. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** Milliseconds since 1970 by its machine's clock: since when it is what it is. */
  readonly since: number;
}

export type MachineRole = "standby" | "builder";

/** By the configuration's keys. */
export type ConfigDigests = Readonly<Record<string, string>>;

export interface MemberMachine extends Machine {
  readonly role: MachineRole;
  /** Of the configuration that it would work with. Left out: an older version does not say. */
  readonly config?: ConfigDigests;
}

/** One that left the pool, and of whose machine none has joined since. */
export interface LostMachine {
  readonly host: string;
  /** A leader that is gone is a standby less. */
  readonly role: MachineRole;
  readonly since: Instant;
}

export interface EtcdMemberReport {
  /** The address that it was asked at. */
  readonly endpoint: string;
  /** For people; null: it answers, and is one of a majority. */
  readonly problem: string | null;
  readonly version: string | null;
  /** Bytes of its database; null: it did not say. */
  readonly databaseSize: number | null;
  /** Bytes that its database may have; null: it did not say. */
  readonly quota: number | null;
  readonly isRaftLeader: boolean;
  /** Whether it is out of room, and refuses writes until somebody makes some. */
  readonly isFull: boolean;
}

export interface MachinesReport {
  readonly pool: string;
  /** Who leads, as etcd says; null: nobody, or it has not been asked. */
  readonly leader: Machine | null;
  /** This process; null: it is a command, and no daemon. */
  readonly self: Machine | null;
  /** Whether this process is sure to lead. */
  readonly isSure: boolean;
  readonly members: readonly MemberMachine[];
  /** Of the configuration of this process; null: it does not lead, and compares nothing. */
  readonly config: ConfigDigests | null;
  readonly lost: readonly LostMachine[];
  /** Those that ask the leader for images to build, on whatever machine. */
  readonly builders: readonly BuilderStanding[];
  /** For people; null: somebody builds. */
  readonly whyNobodyBuilds: string | null;
  readonly etcd: readonly EtcdMemberReport[];
  /** By how much etcd's clock is ahead of this machine's; null: not known. */
  readonly clockAhead: Milliseconds | null;
  /** For how long etcd has kept what it should have forgotten; null: it forgets, or that is not known yet. */
  readonly uncompactedFor: Milliseconds | null;
  /** When all of this was last seen; null: never. */
  readonly lookedAt: Instant | null;
  /** Why the last look failed; null: it did not. */
  readonly problem: string | null;
}
