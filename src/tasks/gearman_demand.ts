/**
 * The connection to the Gearman servers of the configuration: what their queues ask for, read again and again, and the
 * way to managers behind them. The pool holds it.
 */
import type { Gearman, GearmanServerState } from "../demand/gearman/gearman.ts";
import type { GearmanServerConfig } from "../domain/config.ts";
import { SECOND } from "../domain/time.ts";
import type { TargetState } from "../domain/target_state.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

export interface GearmanDemandDeps {
  readonly tasks: TaskRegistry;
  readonly openGearman: (
    servers: readonly GearmanServerConfig[],
    onState: (server: GearmanServerState) => void,
  ) => Gearman;
  /** Called where what is asked for has changed, or a server has come or gone. */
  readonly wake: () => void;
}

const PERIOD = 5 * SECOND;
const NOTHING: ReadonlyMap<string, number> = new Map();

const log = loggerOf("gearman");

export class GearmanDemand implements AsyncDisposable {
  readonly #deps: GearmanDemandDeps;
  #servers = "[]";
  #open: { readonly gearman: Gearman; readonly task: Task } | null = null;
  #demand = NOTHING;

  constructor(deps: GearmanDemandDeps) {
    this.#deps = deps;
  }

  /** null: no server is configured. */
  get gearman(): Gearman | null {
    return this.#open?.gearman ?? null;
  }

  /** Nodes that are asked for, by label, as last read. */
  get demand(): ReadonlyMap<string, number> {
    return this.#demand;
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

  /** Connects to these servers and no others. */
  async configure(servers: readonly GearmanServerConfig[]): Promise<void> {
    const key = JSON.stringify(servers);
    if (key === this.#servers) return;
    this.#servers = "[]";
    await this.#close();
    if (servers.length > 0) this.#begin(servers);
    this.#servers = key;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #begin(servers: readonly GearmanServerConfig[]): void {
    const { tasks, openGearman, wake } = this.#deps;
    const gearman = openGearman(servers, (server) => {
      tell(server);
      wake();
    });
    const task = tasks.add({
      name: "gearman",
      period: PERIOD,
      run: (signal) => this.#read(gearman, signal),
    });
    this.#open = { gearman, task };
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    this.#demand = NOTHING;
    await open?.task[Symbol.asyncDispose]();
    await open?.gearman[Symbol.asyncDispose]();
  }

  async #read(gearman: Gearman, signal: AbortSignal): Promise<void> {
    const demand = await gearman.readDemand({ signal });
    // Other servers may have been configured meanwhile.
    if (this.#open?.gearman !== gearman) return;
    const isSame = demand.size === this.#demand.size &&
      demand.entries().every(([label, count]) => this.#demand.get(label) === count);
    this.#demand = demand;
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
