/**
 * A watch for each target that nodes are handed to: whether it takes any now. A Jenkins is asked itself; managers
 * behind Gearman are there as long as a Gearman server is. The pool holds it; the tick reads the states, the executor
 * reaches the targets through it.
 */
import type { TargetConfig } from "../domain/config.ts";
import type { TargetState } from "../domain/target_state.ts";
import { SECOND } from "../domain/time.ts";
import type { TargetAccess } from "../execute/hand_over.ts";
import { eachInTurn } from "../lib/each_in_turn.ts";
import { loggerOf } from "../lib/logging.ts";
import { handOverOf } from "../domain/hand_over.ts";
import type { Target } from "../targets/target.ts";
import type { GearmanDemand } from "./gearman_demand.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

interface TargetWatchesDeps {
  readonly tasks: TaskRegistry;
  readonly gearman: Pick<GearmanDemand, "gearman" | "state">;
  /** Makes a target; disposing of it closes its connections. null: nodes of it are only used from here. */
  readonly openTarget: (target: TargetConfig) => Target | null;
  /** Called where a target has come or gone. */
  readonly wake: () => void;
}

interface Watched {
  readonly target: Target;
  readonly task: Task;
  /** What it was opened with. */
  readonly connection: string;
  state: TargetState;
}

const PERIOD = 10 * SECOND;

const log = loggerOf("target");

export class TargetWatches implements AsyncDisposable {
  readonly #deps: TargetWatchesDeps;
  readonly #watched = new Map<string, Watched>();
  #configs: readonly TargetConfig[] = [];

  constructor(deps: TargetWatchesDeps) {
    this.#deps = deps;
  }

  /** How each target stands that nodes are handed to, by name. */
  states(): ReadonlyMap<string, TargetState> {
    return new Map(this.#configs.flatMap((config): [string, TargetState][] => {
      const kind = handOverOf(config);
      if (kind === "none") return [];
      const state = kind === "gearman" ? this.#deps.gearman.state : this.#watched.get(config.name)?.state;
      return state === undefined ? [] : [[config.name, state]];
    }));
  }

  /** How a target is reached; null: nodes of it are only used from here. */
  get(name: string): TargetAccess | null {
    const config = this.#configs.find((target) => target.name === name);
    if (config === undefined) return null;
    if (handOverOf(config) === "gearman") {
      const { gearman } = this.#deps.gearman;
      return gearman === null ? null : { type: "gearman", gearman, config };
    }
    const watched = this.#watched.get(name);
    return watched === undefined ? null : { type: "jenkins", target: watched.target, config };
  }

  /** Watches these targets and no others. One that is reached as before keeps its connections. */
  async configure(targets: readonly TargetConfig[]): Promise<void> {
    this.#configs = targets;
    const left = [...this.#watched].filter(([name, { connection }]) => {
      const config = targets.find((target) => target.name === name);
      return config === undefined || connectionOf(config) !== connection;
    });
    const reached = targets.filter((config) => handOverOf(config) === "jenkins");
    await eachInTurn([
      ...left.map(([name]) => () => this.#end(name)),
      ...reached.map((config) => () => this.#begin(config)),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await eachInTurn([...this.#watched.keys()].map((name) => () => this.#end(name)));
  }

  #begin(config: TargetConfig): void {
    const { tasks, openTarget } = this.#deps;
    if (this.#watched.has(config.name)) return;
    const target = openTarget(config);
    if (target === null) return;
    const task = tasks.add({
      name: `target ${config.name}`,
      period: PERIOD,
      run: (signal) => this.#look(config.name, signal),
    });
    const state = { online: false, reason: "not contacted yet" } as const;
    this.#watched.set(config.name, { target, task, connection: connectionOf(config), state });
  }

  async #look(name: string, signal: AbortSignal): Promise<void> {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    const before = watched.state;
    watched.state = await watched.target.observe({ signal });
    if (JSON.stringify(before) === JSON.stringify(watched.state)) return;
    if (watched.state.online) log.info("target {target} is online", { target: name });
    else log.warning("target {target} is offline: {reason}", { target: name, reason: watched.state.reason });
    this.#deps.wake();
  }

  async #end(name: string): Promise<void> {
    const watched = this.#watched.get(name);
    this.#watched.delete(name);
    await watched?.task[Symbol.asyncDispose]();
    await watched?.target[Symbol.asyncDispose]();
  }
}

/** What of a target's configuration its connection depends on. */
function connectionOf({ jenkins, rate, assignViaGearman }: TargetConfig): string {
  return JSON.stringify([jenkins, rate, assignViaGearman]);
}
