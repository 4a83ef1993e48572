/**
 * What commands need and may not import, since it stands above them: the daemon, the offline pool, the simulator,
 * what it was built from. `mod.ts` gives the real ones, imported when they are called; tests give scripted ones.
 */
import type { Config } from "../domain/config.ts";
import type { OnlineCheck } from "../domain/online_check.ts";
import type { PoolControl } from "../control/pool_control.ts";

export interface Wiring {
  /** Runs until it is told to stop; resolves to the exit code. */
  runDaemon(options: DaemonOptions): Promise<number>;
  /** The pool on its state alone, which is locked until it is disposed of. */
  openOfflinePool(options: OfflinePoolOptions): Promise<PoolControl>;
  /** A pool that works for one command where no daemon runs; it has the state until it is disposed of. */
  openForegroundPool(options: ForegroundPoolOptions): Promise<PoolControl>;
  /** What would stop a launch of the configuration, as its clouds stand; changes nothing. */
  checkOnline(options: OnlineOptions): Promise<readonly OnlineCheck[]>;
  /** Runs an OpenStack simulator until the signal is aborted. */
  simulate(options: SimulateOptions): Promise<void>;
  /** The lines of `simulate --quirks`. */
  describeQuirks(): Promise<string>;
  /** `--version`'s lines. */
  describeVersion(): Promise<string>;
}

export interface ConfigFiles {
  readonly configFile: string;
  /** null: not named, `/etc/nodepool/secure.conf` if there is one. */
  readonly secureFile: string | null;
}

export interface DaemonOptions extends ConfigFiles {
  readonly pidFile: string | null;
  /** A logging configuration file. */
  readonly logConfigFile: string | null;
  /** What it does: all; the pool without building and uploading diskimages; or only that. */
  readonly parts: { readonly pool: boolean; readonly builds: boolean };
  /** Builds, and uploads, side by side. */
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  /** A configuration with warnings is refused. */
  readonly strict: boolean;
  /** A new state is meant, whatever servers the clouds hold. */
  readonly newState: boolean;
  /** Log everything, with stack traces. */
  readonly debug: boolean;
}

export interface OfflinePoolOptions extends ConfigFiles {
  /** The state to open, as the configuration file names it even where it is broken elsewhere. */
  readonly state: string;
  /** Whether there is something to write down, for which the state is made where there is none. */
  readonly writes: boolean;
  /** Told, for people, that there is no state yet. */
  note(text: string): void;
}

export interface ForegroundPoolOptions extends ConfigFiles {
  /** The command, as others are told who has the state. */
  readonly command: string;
  /** Whether a person looks on, who is shown progress instead of a log. */
  readonly isTerminal: boolean;
}

export interface OnlineOptions {
  readonly config: Config;
  readonly signal: AbortSignal;
}

export interface SimulateOptions {
  /** Port 0: any free one. */
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Path of a file that says what the simulated clouds are like; null: the defaults. */
  readonly config: string | null;
  /** Where to write a clouds.yaml that leads to it; null: nowhere. */
  readonly clouds: string | null;
  /** Where its servers answer on SSH; null: what its settings say. */
  readonly sshPort: number | null;
  /** Its abort ends the simulator. */
  readonly signal: AbortSignal;
  print(line: string): void;
}
