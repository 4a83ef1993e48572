/**
 * A pool as operations see it: its state, and where a daemon runs, the daemon's own parts. `Pool` provides both, the
 * offline pool the state alone. What an operation can do with the ledger and the report needs nothing of its own here.
 */
import type { BuilderDesk } from "../builders/builder_desk.ts";
import type { Call } from "../lib/call.ts";
import type { Config } from "../domain/config.ts";
import type { ConfigPlan } from "../domain/config_effects.ts";
import type { DumpReport } from "../domain/dump_report.ts";
import type { Refusal } from "../domain/obstacle.ts";
import type { NodeRecord } from "../domain/node.ts";
import type { OtherConfig } from "../domain/other_config.ts";
import type { OrderName } from "../domain/order_book.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import type { StateAdoption } from "../domain/state_adoption.ts";
import type { Clock } from "../lib/clock.ts";
import type { Machines } from "../lead/machines.ts";
import type { Logging } from "../lib/logging.ts";
import type { Ledger } from "../store/ledger.ts";
import type { viewAlienImageList, viewAlienList } from "../views/alien_lists.ts";
import type { EventFeed } from "./event_feed.ts";
import type { OrderOutcome, PlacedOrders } from "./operations/image_operations.ts";
import type { RequestDesk } from "./request_desk.ts";

export interface StatePool {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** null: no daemon runs. */
  readonly daemon: DaemonParts | null;
  /** The pool as it is now, from memory. */
  report(): PoolReport;
  /** Throws a ConfigError where it cannot be read. */
  readonly config: Config;
  /** Where it is not read before an operation needs it; does not throw. */
  readConfig?(): Promise<void>;
  listAliens(options: { provider: string | null } & Call): Promise<AlienListing>;
  listAlienImages(options: { provider: string | null } & Call): Promise<AlienImageListing>;
  /**
   * The last lines of a server's console; empty where the cloud keeps none.
   * @throws CloudError; ControlError where the provider is not configured
   */
  readConsole(
    options: { provider: string; serverId: string; lines: number } & Call,
  ): Promise<string>;
  /** The changes that another configuration would bring; nothing is put into effect. */
  planConfig(other: OtherConfig, options: Call): Promise<ConfigPlan>;
  /** Takes over what another daemon made on a copy of this state. */
  adoptState(options: { dryRun: boolean } & Call): Promise<StateAdoption>;
}

/** The parts by which commands change the state. */
export type StateDeps = Pick<StatePool, "ledger" | "clock">;

export interface DaemonPool extends StatePool {
  readonly daemon: DaemonParts;
}

export interface DaemonParts {
  readonly desk: RequestDesk;
  readonly events: EventFeed;
  /** Builders on any machine; null: the state is a file, and this process builds. */
  readonly builders: BuilderDesk | null;
  /** False: it is stopping, and begins nothing new. */
  isAccepting(): boolean;
  /** null: the state is a file, and no other machine can lead. */
  readonly machines: Machines | null;
  dump(): DumpReport;
  /** The log of this process; null: it is somebody else's. */
  readonly logging: Logging | null;
  /** Why a request waits; empty: it does not, or that has not been planned yet. */
  waitsOf(requestId: number): readonly Refusal[];
  /** Reads the configuration now; what changed, or ConfigError's problems as lines. */
  reload(): Promise<{ readonly changes: readonly string[]; readonly problems: readonly string[] }>;
  /** Reads a build's log from its beginning, and on until `isOver`. */
  followLog(path: string, options: { isOver: () => boolean } & Call): ReadableStream<Uint8Array>;
  /** The output so far of the script that runs on the node, its end; null: none runs. */
  scriptOutput(nodeId: number): string | null;
  /** Resolves when each has been filled, has failed once, or is no longer wanted; rejects on abort. */
  waitForOrders(placed: PlacedOrders, options: Call): Promise<readonly OrderOutcome[]>;
  /** Orders to carry out next, by a pool that does only as it is asked. */
  noteOrders(orders: readonly OrderName[]): void;
  noteDeletions(nodeIds: readonly number[]): void;
  /** A node that was in use has been released. */
  noteJobEnd(node: NodeRecord, end: { readonly result: string | null; readonly job: string | null }): void;
}

/** `warnings`: one for each provider that could not be asked. */
export type AlienListing = Parameters<typeof viewAlienList>[0];

export type AlienImageListing = Parameters<typeof viewAlienImageList>[0];
