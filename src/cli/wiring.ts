/**
 * Parts that commands need and may not import, since they stand above them: the daemon, the offline pool, the simulator,
 * the build. `mod.ts` gives the real ones, imported when they are called; tests give scripted ones.
 */
import type { Config } from "../domain/config.ts";
import type { Dialog, FirstConfigView, GivenAnswers } from "../domain/first_config.ts";
import type { OnlineCheck } from "../domain/online_check.ts";
import type { StateCheck } from "../domain/state_check.ts";
import type { Call } from "../lib/call.ts";
import type { InvokedProgram } from "./invoked_program.ts";
import type { PoolInEtcd } from "../control/pool_in_etcd.ts";
import type { PoolClient } from "../control/pool_client.ts";

export interface Wiring {
  /** Runs until it is told to stop; resolves to the exit code. */
  runDaemon(options: DaemonOptions): Promise<number>;
  /** Starts the program as a daemon in the background; resolves to the exit code once that runs, or does not. */
  startInBackground(options: BackgroundOptions): Promise<number>;
  /** The pool on its state alone, which is locked until it is disposed of. */
  openOfflinePool(options: OfflinePoolOptions): Promise<PoolClient>;
  /** The pool of a state in etcd, whose leader may be anywhere. @throws ConfigError */
  openEtcdPool(options: EtcdPoolOptions): Promise<PoolInEtcd>;
  /** A pool that works for one command where no daemon runs; it has the state until it is disposed of. */
  openForegroundPool(options: ForegroundPoolOptions): Promise<PoolClient>;
  /** Finds out what would stop a launch of the configuration on its clouds; changes nothing. */
  checkOnline(options: { readonly config: Config } & Call): Promise<readonly OnlineCheck[]>;
  /** Writes a first configuration for a cloud. @throws FirstConfigError, ConfigError, CloudError */
  writeFirstConfig(options: FirstConfigOptions): Promise<FirstConfigView>;
  /** Where a state is stored, and copies of it. */
  stateFiles(files: ConfigFiles): Promise<StateFiles>;
  /** Runs an OpenStack simulator until the signal is aborted. */
  simulate(options: SimulateOptions): Promise<void>;
  /** The lines of `simulate --quirks`. */
  describeQuirks(): Promise<string>;
  /** `--version`'s lines. */
  describeVersion(): Promise<string>;
}

export interface EtcdPoolOptions extends ConfigFiles {
  /** Gets, for people, what it does instead of asking a leader. */
  tell(text: string): void;
}

export interface ConfigFiles {
  readonly configFile: string;
  /** null: not named, `/etc/nodepool/secure.conf` if there is one. */
  readonly secureFile: string | null;
}

export interface DaemonOptions extends ConfigFiles {
  readonly pidFile: string | null;
  readonly logConfigFile: string | null;
  readonly parts: EnabledParts;
  /** Builds, and uploads, side by side. */
  readonly buildWorkers: number;
  readonly uploadWorkers: number;
  /** A configuration with warnings is refused. */
  readonly strict: boolean;
  /** A new state is meant, whatever servers the clouds hold. */
  readonly newState: boolean;
  /** Log everything, with stack traces. */
  readonly debug: boolean;
  /** Called once it does what it is there for, and by a standby again once it leads. */
  onRunning(): void;
}

/** The parts of the pool that a daemon runs. */
export interface EnabledParts {
  /** Nodes are kept going and handed out. */
  readonly pool: boolean;
  /** Diskimages are built and uploaded. */
  readonly builds: boolean;
  /** Nodes are launched. */
  readonly launches: boolean;
  /** Things on the clouds are deleted. */
  readonly deletes: boolean;
  /** The status endpoint is served. */
  readonly site: boolean;
}

export interface BackgroundOptions {
  readonly program: InvokedProgram;
  /** The arguments that the daemon is started with. */
  readonly argv: readonly string[];
  readonly configFile: string;
  /** Called with why it does not run. */
  say(text: string): void;
}

export interface OfflinePoolOptions extends ConfigFiles {
  /** The state to open, as the configuration file names it even where it is broken elsewhere. */
  readonly state: string;
  /** Whether there is something to write down, so that a missing state is created. */
  readonly writes: boolean;
  /** Gets, for people, the note that there is no state yet. */
  note(text: string): void;
}

export interface ForegroundPoolOptions extends ConfigFiles {
  /** A logging configuration file; null: standard error. */
  readonly logConfigFile: string | null;
  /** The command, as others are told who has the state. */
  readonly command: string;
  /** Whether a person looks on, and is to see progress instead of a log. */
  readonly isTerminal: boolean;
}

export interface FirstConfigOptions {
  readonly output: string;
  readonly home: string;
  readonly given: GivenAnswers;
  /** null: the proposals are taken. */
  readonly dialog: Dialog | null;
  say(text: string): void;
  readonly signal: AbortSignal;
}

/** Each throws StoreError. */
export interface StateFiles {
  /** Copies it as it is at this moment, even while a process has it open; into a folder, under a name of the time. */
  backup(state: string, target: string): Promise<{ readonly path: string; readonly bytes: number }>;
  /** Puts the copy in its place. `replaced`: the path of the former state; null: there was none. */
  restore(state: string, backup: string): Promise<{ readonly replaced: string | null }>;
  check(state: string): Promise<StateCheck>;
  /** Gives its JSON lines one by one. */
  export(state: string, write: (line: string) => void): Promise<void>;
  /** Makes a state of the lines in a file. @throws Deno.errors.NotFound */
  import(state: string, file: string): Promise<void>;
  /** Copies it to a place without a state, while nobody uses it. @returns how many entries it has */
  copy(from: string, to: string): Promise<number>;
}

interface SimulateOptions {
  /** Port 0: any free one. */
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Path of a file that says what the simulated clouds are like; null: the defaults. */
  readonly config: string | null;
  /** Where to write a clouds.yaml that points to it; null: nowhere. */
  readonly clouds: string | null;
  /** Where its servers answer on SSH; null: what its settings say. */
  readonly sshPort: number | null;
  /** Its abort ends the simulator. */
  readonly signal: AbortSignal;
  print(line: string): void;
}
