/**
 * Everything there is to show of a pool at one moment: what views are made of, for the command line, the status
 * endpoint and metrics alike. Holds the configuration and so its secrets: only views of it leave the process.
 */
import type { AutoHold } from "./auto_hold.ts";
import type { CloudClock } from "./clock_record.ts";
import type { CloudStats } from "./cloud_stats.ts";
import type { Config } from "./config.ts";
import type { DefectReport } from "./defect.ts";
import type { DibImage } from "./dib_image.ts";
import type { ImageOrder } from "./image_order.ts";
import type { Installation } from "./installation.ts";
import type { LaunchPause } from "./launch_pause.ts";
import type { LinkState } from "./link_state.ts";
import type { MachinesReport } from "./machines_report.ts";
import type { Catalog, Missing, StaleLook } from "./observation.ts";
import type { NodeRecord } from "./node.ts";
import type { ProviderImage } from "./provider_image.ts";
import type { Obstacle, Refusal, Standstill } from "./obstacle.ts";
import type { NodeRequest } from "./request.ts";
import type { PoolSamples } from "./samples/pool_samples.ts";
import type { Quota } from "./server.ts";
import type { TargetState } from "./target_state.ts";
import type { Instant, Milliseconds, Moment } from "./time.ts";

export interface PoolReport extends Moment {
  /** null: nobody watches the machine's clock, since no daemon runs. */
  readonly clock: ClockReport | null;
  readonly installation: Installation;
  readonly state: StateReport;
  /** null: its state is a file, and all of it is on this machine. */
  readonly machines: MachinesReport | null;
  /** null: read from the state with no daemon running. */
  readonly daemon: DaemonReport | null;
  /** null: no readable configuration (only without a daemon). */
  readonly config: Config | null;
  /** Why it cannot be read, one line each; left out: it can, or a daemon runs. */
  readonly configProblems?: readonly string[];
  readonly nodes: readonly NodeRecord[];
  readonly requests: readonly NodeRequest[];
  /** Jobs in Gearman's queues that need a node, by label. */
  readonly demand: ReadonlyMap<string, number>;
  readonly jobs: readonly AutoHold[];
  readonly pauses: readonly LaunchPause[];
  readonly dibImages: readonly DibImage[];
  /** Also those of which nothing is left on their clouds. */
  readonly images: readonly ProviderImage[];
  readonly orders: readonly ImageOrder[];
  /** How far uploads in progress are, by the image's id; bytes. */
  readonly uploads: ReadonlyMap<number, { readonly sent: number; readonly total: number }>;
  readonly labels: readonly LabelReport[];
  /** The obstacles to one node more of a label, by its providers, as the last planning has it. */
  readonly whyNoMore: (label: string) => readonly Refusal[];
  /** Why nothing at all is launched or handed out; null: planning goes on. */
  readonly standstill: Standstill | null;
  /** Why requests wait, by their ids, as the last planning saw it. */
  readonly waits: ReadonlyMap<number, readonly Refusal[]>;
  readonly providers: readonly ProviderReport[];
  /** How the targets stand that nodes are handed to, by name. */
  readonly targets: ReadonlyMap<string, TargetState>;
  /** Servers that demand and job events come from. */
  readonly links: readonly LinkReport[];
  /** The pool in numbers over the last day. */
  readonly samples: PoolSamples;
  /** The defects of things that stand still until somebody looks into them. */
  readonly defects: readonly DefectReport[];
}

export interface StateReport {
  /** Why the state cannot be written; null: the last commit was stored. */
  readonly problem: string | null;
  /** Why nothing is launched on a new state; null: nothing stands against it. */
  readonly withheld: string | null;
  /** Whether it could not be read, so that nothing of what it holds is known. Left out: it was. */
  readonly isUnread?: boolean;
}

export interface ClockReport {
  /** The last time that the machine's clock was set by more than a minute; null: not since the daemon's start, nor shortly before. */
  readonly step: ClockStep | null;
  /** Clouds whose clocks differ from the machine's by more than a minute. */
  readonly clouds: readonly CloudClock[];
}

export interface ClockStep {
  readonly at: Instant;
  /** Negative: back. */
  readonly by: Milliseconds;
  /** Whether it went so far while no process ran: forward is then what no cloud has confirmed to have passed. */
  readonly whileStopped: boolean;
}

export interface LinkReport {
  /** The kind and the place of it: `Gearman server HOST:PORT`. */
  readonly name: string;
  readonly state: LinkState;
}

export interface DaemonReport {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: Instant;
  readonly configFile: string;
  /** When the configuration in force was read. */
  readonly configLoadedAt: Instant;
  /** When a configuration that could be put into effect was last read. */
  readonly configReadAt: Instant;
  /** The problems of the file as it is now; empty where it is the one in force. */
  readonly configProblems: readonly string[];
  /** Why the one in force could not be put into effect as a whole; null: it was. */
  readonly configFault: string | null;
  /** Whether new work is still taken on; false once it has been told to stop. */
  readonly accepting: boolean;
  /** Left out: it is not known. */
  readonly log?: LogReport;
  readonly tasks: readonly TaskReport[];
}

interface LogReport {
  /** Levels that somebody has set besides the configuration; `until` null: for as long as the daemon runs. */
  readonly levels: readonly {
    readonly category: string;
    readonly level: string;
    readonly until: Instant | null;
  }[];
  /** Why lines do not reach their file. */
  readonly problems: readonly string[];
}

/** A piece of the daemon that runs again and again. */
export interface TaskReport {
  readonly name: string;
  readonly runs: number;
  readonly lastStartedAt: Instant | null;
  /** Since when it has been running; null: it waits for its next run. */
  readonly runningSince: Instant | null;
  /** When a run last ended without an error. */
  readonly lastSuccessAt: Instant | null;
  /** Milliseconds. */
  readonly lastDuration: number | null;
  readonly lastError: { readonly at: Instant; readonly message: string } | null;
}

/** The last planning's view of a label. */
export interface LabelReport {
  readonly name: string;
  /** Nodes that it would have launched and could not. */
  readonly wanted: number;
  /** Those of them that work waits for. */
  readonly demand: number;
  readonly refusals: readonly Refusal[];
}

export interface ProviderReport {
  readonly name: string;
  /** null: never asked yet (or no daemon runs). */
  readonly reachable: boolean | null;
  readonly error: { readonly message: string; readonly since: Instant } | null;
  /** Why it takes no requests for servers now; null: it does. */
  readonly obstacle: Obstacle | null;
  /** Those that its images name, as in its catalog; left out: it has not been asked. */
  readonly baseImages?: Catalog["images"];
  /** The looks whose last answer is stale; empty: all that are needed are current. */
  readonly stale: readonly StaleLook[];
  readonly quota: Quota | null;
  /** When the servers were last seen completely. */
  readonly listedAt: Instant | null;
  /** Servers of this installation in that listing, deltas included. */
  readonly servers: number | null;
  /** Servers of others in it, in the same project. */
  readonly otherServers: number | null;
  /** Things of the pool that the listings omit; null: nothing, or it has not been asked. */
  readonly missing: Missing | null;
  /** Why nothing is created, deleted or handed out there; null: nothing stands against it. */
  readonly frozen: string | null;
  /** Servers of this installation that another copy of this state made. */
  readonly foreign: readonly ForeignServer[];
  /** Addresses of floating IPs that another daemon made on a copy of this state, and that nobody uses. */
  readonly foreignFloatingIps: readonly string[];
  /** Servers of this installation that are marked with an id that was never given out. */
  readonly implausible: readonly ForeignServer[];
  readonly stats: CloudStats | null;
  /** Whether it answers, and the state has been found to agree with it; left out: no daemon runs. */
  readonly isTrusted?: boolean;
  /** How many nodes it had when it was retired; null or left out: it is not, or that was not seen. */
  readonly nodesBeforeRetirement?: number | null;
}

/** A server with our installation's mark that no node of this state can have. */
export interface ForeignServer {
  readonly serverId: string;
  readonly hostname: string;
  /** By its mark; null: it names none that there could be. */
  readonly nodeId: number | null;
  /** By its mark; null: it names none. */
  readonly run: string | null;
}

/** `NAME (ID, node 5, run RUN)`. */
export function describeForeign({ serverId, hostname, nodeId, run }: ForeignServer): string {
  return `${hostname} (${serverId}, node ${nodeId}, ${run === null ? "no run" : `run ${run}`})`;
}

export function implausibleMark({ serverId, hostname }: ForeignServer): string {
  return `server ${hostname} (${serverId}) carries this installation's mark with a node id that was never handed ` +
    "out; nodepool leaves it alone: correct its metadata, or delete it in the cloud";
}
