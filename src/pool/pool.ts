/**
 * The pool of a running daemon, as operations work on it: what is asked of it goes to the part whose matter it is.
 * `run_pool.ts` makes it with real adapters, tests with the simulator and a virtual clock.
 */
import { notConfigured } from "../control/control_error.ts";
import { waitForOrders } from "../control/image_orders.ts";
import type { DaemonParts, DaemonPool } from "../control/operated_pool.ts";
import type { Config } from "../domain/config.ts";
import type { ConfigPlan } from "../domain/config_effects.ts";
import type { OtherConfig } from "../domain/other_config.ts";
import type { NewEvent } from "../domain/pool_event.ts";
import type { PoolReport } from "../domain/pool_report.ts";
import { type Milliseconds, SECOND } from "../domain/time.ts";
import { adoptServers } from "../execute/adopt_servers.ts";
import { listAlienImages, listAliens } from "../execute/list_aliens.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger } from "../store/ledger.ts";
import type { StoreError } from "../store/store.ts";
import { addTasks, type Watching } from "./add_tasks.ts";
import { closeParts } from "./close_parts.ts";
import type { ConfigReading } from "./config_in_force.ts";
import { openParts, type Parts } from "./open_parts.ts";
import { planConfig } from "./plan_config.ts";
import type { PoolDeps } from "./pool_deps.ts";
import { reportDump, reportPool, waitsOf } from "./report_pool.ts";
import type { Call } from "../lib/call.ts";

const log = loggerOf("daemon");

/** How long attempts in progress may go on when the pool stops. */
const GRACE = 5 * SECOND;

/** Between two looks whether an errand has left anything behind. */
const TIDY_LOOK = 200;

export class Pool implements DaemonPool, AsyncDisposable {
  readonly #parts: Parts;
  readonly #watching: Watching;
  /** Its end, once it has begun. */
  #ended: Promise<void> | null = null;

  /**
   * Loads the state, writes down that another life of the daemon begins, and starts every task. A daemon goes on without the
   * parts that its configuration could not open; an errand needs them. @throws the reason of `starting`
   */
  static async start(config: Config, deps: PoolDeps): Promise<Pool> {
    const parts = await openParts(config, deps);
    const pool = new Pool(parts);
    try {
      const beginning = parts.inForce.begin();
      await (deps.isErrand ? beginning : beginning.catch(tellFault));
      if (!deps.isErrand) await parts.ledger.edit((edit) => edit.tell(startEvent(deps.process)));
    } catch (error) {
      await pool[Symbol.asyncDispose]();
      throw error;
    }
    parts.tasks.start();
    return pool;
  }

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#watching = addTasks(parts);
  }

  /** The configuration in force. */
  get config(): Config {
    return this.#parts.inForce.current;
  }

  /** Launches nothing new and grants nothing; work in progress continues. */
  stopAccepting(): void {
    this.#parts.intake.isOpen = false;
  }

  /** Resolves, with the reason, once this process can no longer write its state. */
  get stateLost(): Promise<StoreError> {
    return this.#parts.stateWatch.lost;
  }

  /** Writes what a lost state held beside it. @returns the copy's path; null: the state is where it was */
  rescueState(): Promise<string | null> {
    return this.#parts.ledger.rescue();
  }

  /** Resolves once no diskimage is being built. */
  buildsEnd(): Promise<void> {
    return this.#parts.imageExecutor.buildsEnd();
  }

  /** Finishes the work begun for an errand, as far as clouds do that in the time. */
  async tidied(time: Milliseconds, { signal }: { signal: AbortSignal }): Promise<void> {
    const { clock, errand } = this.#parts;
    const deadline = clock.monotonic() + time;
    while (errand?.isTidy === false && clock.monotonic() < deadline) {
      await clock.sleep(TIDY_LOOK, { signal });
    }
  }

  /** Why nothing is made on clouds, for people; null: nothing stands against it. */
  get withheld(): string | null {
    return this.#parts.newState.withheld;
  }

  report(): PoolReport {
    return reportPool(this.#parts);
  }

  get ledger(): Ledger {
    return this.#parts.ledger;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  get daemon(): DaemonParts {
    const { desk, events, intake, ledger, errand, jobEnds, executor, builders, deps } = this.#parts;
    return {
      desk,
      events,
      builders,
      isAccepting: () => intake.isOpen,
      machines: deps.machines,
      dump: () => reportDump(this.#parts),
      logging: deps.logging ?? null,
      reload: () => this.reload(),
      waitsOf: (requestId) => waitsOf(this.#parts, requestId),
      followLog: deps.followLog,
      scriptOutput: (nodeId) => executor.scriptOutput(nodeId),
      waitForOrders: (placed, { signal }) => waitForOrders(placed, { ledger, signal }),
      noteOrders: (orders) => errand?.addOrders(orders),
      noteDeletions: (ids) => ids.forEach((id) => errand?.addNode(id)),
      noteJobEnd: (node, end) => jobEnds.tell(node, { ...end, branch: null }),
    };
  }

  listAlienImages({ provider, signal }: { provider: string | null } & Call) {
    const known = this.ledger.images.values();
    return listAlienImages({ providers: this.#clouds(provider), only: provider, known, signal });
  }

  listAliens({ provider, signal }: { provider: string | null } & Call) {
    const { installation: { id: installation }, nodes: known } = this.ledger;
    return listAliens({ providers: this.#clouds(provider), only: provider, installation, known, signal });
  }

  async readConsole(
    { provider, serverId, ...call }: { provider: string; serverId: string; lines: number } & Call,
  ) {
    const { cloud } = this.#clouds(provider).find(({ name }) => name === provider)!;
    return await cloud.getConsole(serverId, call);
  }

  async adoptState({ dryRun, signal }: { dryRun: boolean } & Call) {
    const { ledger, clock, watches, wake } = this.#parts;
    const clouds = this.#clouds(null);
    const adoption = await adoptServers(clouds, { ledger, clock, dryRun, signal });
    if (!dryRun) {
      for (const { name } of clouds) watches.adopted(name);
      wake();
    }
    return adoption;
  }

  planConfig(other: OtherConfig, { signal }: Call): Promise<ConfigPlan> {
    const { deps, inForce, tick } = this.#parts;
    const read = () => deps.readOtherConfig(other, { signal });
    return planConfig(read, {
      before: inForce.current,
      overruled: deps.logging?.overruled,
      pool: tick.poolInput(),
      images: tick.imagesInput(),
    });
  }

  reload(): Promise<ConfigReading> {
    return this.#parts.inForce.reload();
  }

  /** Ends it as disposing of it does; attempts in progress may go on for this long. */
  endWithin(grace: Milliseconds): Promise<void> {
    this.stopAccepting();
    return this.#ended ??= closeParts(this.#parts, this.#watching, grace);
  }

  /** Stops every task, waits for what is being stored, closes the clouds. The store is its maker's. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.endWithin(GRACE);
  }

  /** The clouds of all providers. @throws ControlError where the named one is not configured */
  #clouds(provider: string | null) {
    const { watches } = this.#parts;
    if (provider !== null && watches.get(provider) === null) {
      throw notConfigured(provider, { kind: "provider", known: this.config.providers });
    }
    return watches.all().map(({ provider: { name }, cloud }) => ({ name, cloud }));
  }
}

function tellFault(error: unknown): void {
  log.error("configuration: it is only partly in effect; trying again every minute: {error}", {
    error: errorChain(error),
  });
}

function startEvent({ pid, version }: PoolDeps["process"]): NewEvent {
  const subject = { type: "daemon", id: pid, name: version } as const;
  const message = `the daemon has started, version ${version}`;
  return { kind: "daemon.started", subject, labels: {}, message };
}
