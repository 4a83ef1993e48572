/**
 * The connection to the Gearman servers of the configuration: what their queues ask for, read again and again, and the
 * way to managers behind them. The pool holds it.
 */
import type { Gearman, GearmanServerState } from "../demand/gearman/gearman.ts";
import type { GearmanServerConfig } from "../domain/config.ts";
import { SECOND } from "../domain/time.ts";
import type { TargetState } from "../domain/target_state.ts";
import { loggerOf } from "../lib/logging.ts";
import type { TaskRegistry } from "./task_registry.ts";

export interface GearmanDemandDeps {
  readonly tasks: TaskRegistry;
  readonly openGearman: (onState: (server: GearmanServerState) => void) => Gearman;
  /** Called where what is asked for has changed, or a server has come or gone. */
  readonly wake: () => void;
}

interface Opened extends AsyncDisposable {
  readonly gearman: Gearman;
  demand: ReadonlyMap<string, number>;
}

const PERIOD = 5 * SECOND;
const NOTHING: ReadonlyMap<string, number> = new Map();

const log = loggerOf("gearman");

export class GearmanDemand implements AsyncDisposable {
  readonly #deps: GearmanDemandDeps;
  #opened: Opened | null = null;

  constructor(deps: GearmanDemandDeps) {
    this.#deps = deps;
  }

  /** null: no server is configured. */
  get gearman(): Gearman | null {
    return this.#opened?.gearman ?? null;
  }

  /** Nodes that are asked for, by label, as last read. */
  get demand(): ReadonlyMap<string, number> {
    return this.#opened?.demand ?? NOTHING;
  }

  /** Whether managers can be reached. */
  get state(): TargetState {
    const servers = this.gearman?.servers ?? [];
    if (servers.some(({ state }) => state.status === "connected")) return { online: true };
    const reason = servers.length === 0
      ? "no Gearman server is configured"
      : "no Gearman server is connected";
    return { online: false, reason };
  }

  /** Connects to these servers and no others. The connection to one that was there before is kept. */
  async configure(servers: readonly GearmanServerConfig[]): Promise<void> {
    if (servers.length === 0) return await this[Symbol.asyncDispose]();
    const isOpen = this.#opened !== null;
    this.#opened ??= this.#begin();
    await this.#opened.gearman.configure(servers);
    if (isOpen) this.#deps.tasks.wake("gearman");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.[Symbol.asyncDispose]();
  }

  #begin(): Opened {
    const { tasks, openGearman, wake } = this.#deps;
    const parts = new AsyncDisposableStack();
    const gearman = parts.use(openGearman((server) => {
      tell(server);
      wake();
    }));
    const opened: Opened = {
      gearman,
      demand: NOTHING,
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    };
    parts.use(tasks.add({ name: "gearman", period: PERIOD, run: (signal) => this.#read(opened, signal) }));
    return opened;
  }

  async #read(opened: Opened, signal: AbortSignal): Promise<void> {
    const [before, demand] = [opened.demand, await opened.gearman.readDemand({ signal })];
    opened.demand = demand;
    const isSame = demand.size === before.size &&
      demand.entries().every(([label, count]) => before.get(label) === count);
    if (!isSame) this.#deps.wake();
  }
}

function tell({ host, port, state }: GearmanServerState): void {
  const server = `${host}:${port}`;
  if (state.status === "connected") log.info("Gearman server {server} is connected", { server });
  if (state.status === "away") {
    log.warning("Gearman server {server}: {reason}", { server, reason: state.message });
  }
}
