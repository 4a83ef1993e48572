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
  readonly openGearman: (onState: (server: GearmanServerState) => void) => Gearman;
  /** Called where what is asked for has changed, or a server has come or gone. */
  readonly wake: () => void;
}

const PERIOD = 5 * SECOND;
const NOTHING: ReadonlyMap<string, number> = new Map();

const log = loggerOf("gearman");

export class GearmanDemand implements AsyncDisposable {
  readonly #deps: GearmanDemandDeps;
  /** null: no server is configured. */
  gearman: Gearman | null = null;
  #task: Task | null = null;
  /** Nodes that are asked for, by label, as last read. */
  demand = NOTHING;

  constructor(deps: GearmanDemandDeps) {
    this.#deps = deps;
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
    const { tasks, openGearman, wake } = this.#deps;
    const onState = (server: GearmanServerState) => {
      tell(server);
      if (server.state.status === "connected") this.#task?.wake();
      wake();
    };
    const gearman = this.gearman ??= openGearman(onState);
    const isNew = this.#task === null;
    const run = (signal: AbortSignal) => this.#read(gearman, signal);
    this.#task ??= tasks.add({ name: "gearman", period: PERIOD, run });
    await gearman.configure(servers);
    if (!isNew) this.#task.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using parts = new AsyncDisposableStack();
    parts.use(this.gearman);
    parts.use(this.#task);
    this.gearman = this.#task = null;
    this.demand = NOTHING;
  }

  async #read(gearman: Gearman, signal: AbortSignal): Promise<void> {
    const [before, demand] = [this.demand, await gearman.readDemand({ signal })];
    if (this.gearman !== gearman) return;
    this.demand = demand;
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
