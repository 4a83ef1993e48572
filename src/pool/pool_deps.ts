/** The parts of a pool besides its configuration: all that reaches out of it, and what this process does of it. */
import type { BuilderDeskDeps } from "../builders/builder_desk.ts";
import type { Builder } from "../build/builder.ts";
import type { WholeCloud } from "../cloud/cloud.ts";
import type { LoadedConfig } from "../config/load_config.ts";
import type { Config, ProviderConfig, TargetConfig } from "../domain/config.ts";
import type { ProcessReport } from "../domain/dump_report.ts";
import type { OtherConfig } from "../domain/other_config.ts";
import type { DaemonReport } from "../domain/pool_report.ts";
import type { ImageExecutorDeps } from "../execute/images/image_executor.ts";
import type { Send } from "../http/send.ts";
import type { Machines } from "../lead/machines.ts";
import type { Call } from "../lib/call.ts";
import type { Logging } from "../lib/logging.ts";
import type { Random } from "../lib/random.ts";
import type { ServiceManager } from "../lib/service_manager.ts";
import type { SteadyClock } from "../lib/steady_clock.ts";
import type { Metrics } from "../metrics/happening.ts";
import type { Shell } from "../ssh/shell.ts";
import type { Store } from "../store/store.ts";
import type { Target } from "../targets/target.ts";
import type { GearmanDemandDeps } from "../tasks/gearman_demand.ts";
import type { JobEventFeedDeps } from "../tasks/job_event_feed.ts";
import type { LocalFaultsDeps } from "../tasks/local_faults.ts";
import type { TickParts } from "../tasks/tick.ts";
import type { WatchConfigOptions } from "../tasks/watch_config.ts";

interface PoolParts extends TickParts {
  /** Things on the clouds are deleted. */
  readonly deletes: boolean;
}

export const WHOLE_POOL: PoolParts = { pool: true, launches: true, builds: true, deletes: true };

export interface PoolDeps extends Pick<ImageExecutorDeps, "makeKeypair" | "openLog" | "scriptVariables"> {
  /** How builders on any machine are reached; null or left out: this process builds. */
  readonly builders?: Pick<BuilderDeskDeps, "host" | "openLogCopy"> | null;
  readonly builder: Builder;
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  /** The parts that this process runs; by default all. */
  readonly parts?: PoolParts;
  /** Whether only what is asked of it is done, for a command where no daemon runs; not, if nothing is said. */
  readonly isErrand?: boolean;
  /** Whether the operator has said that a new state is meant, whatever the clouds hold; not, if nothing is said. */
  readonly newState?: boolean;
  /** Reads a build's log from its beginning, and on until `isOver`. */
  readonly followLog: (
    path: string,
    options: { isOver: () => boolean; signal: AbortSignal },
  ) => ReadableStream<Uint8Array>;
  readonly store: Store;
  /** Counts on from the state's records once they are read. */
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly shell: Shell;
  /** Makes a provider's cloud, whose requests all go `through` that; disposing of it closes its connections. */
  readonly openCloud: (provider: ProviderConfig, through: Through) => WholeCloud;
  /**
   * Makes a target, whose requests all go `through` that; disposing of it closes its connections. null: nodes of it are
   * only used from here.
   */
  readonly openTarget: (target: TargetConfig, through: Through) => Target | null;
  readonly openGearman: GearmanDemandDeps["openGearman"];
  readonly listenToJobs: JobEventFeedDeps["listen"];
  /** Takes the pool's metrics; null: nobody does. */
  readonly metrics: Metrics | null;
  /** Kept informed of how the pool stands; null or left out: nothing has started this process that wants to know. */
  readonly serviceManager?: ServiceManager | null;
  /** The log of this process; null or left out: it is somebody else's. */
  readonly logging?: Logging | null;
  readonly readFile: (path: string) => Promise<string>;
  /** Looks at a file that servers need; null: nothing is there, or it cannot be seen. */
  readonly stat: LocalFaultsDeps["stat"];
  /** Reads the configuration again; @throws ConfigError */
  readonly readConfig: () => Promise<{ readonly config: Config }>;
  /** Reads another one, which is not in force; @throws ConfigError */
  readonly readOtherConfig: (other: OtherConfig, options: Call) => Promise<LoadedConfig>;
  /** The file that is read again when it changes; left out: it is read again only when somebody asks for that. */
  readonly watchedConfig?: Pick<WatchConfigOptions, "first" | "stamp">;
  /** The report's facts about the process. */
  readonly process: Pick<DaemonReport, "pid" | "version" | "configFile">;
  /** A dump's facts about the process. */
  readonly lookAtProcess: () => ProcessReport;
  /** Aborted where the start is to be given up, since the process is told to stop; left out: never. */
  readonly starting?: AbortSignal;
  /** null or left out: the state lies in a file, and no other process can lead. */
  readonly machines?: Machines | null;
}

type Through = (send: Send) => Send;
