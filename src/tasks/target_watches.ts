/**
 * A watch for each target that nodes are handed to: whether it takes any now. A Jenkins is asked itself; managers
 * behind Gearman are there as long as a Gearman server is. The pool holds it; the tick reads the states, the executor
 * reaches the targets through it.
 */
import type { TargetConfig } from "../domain/config.ts";
import type { TargetState } from "../domain/target_state.ts";
import { SECOND } from "../domain/time.ts";
import type { TargetAccess } from "../execute/hand_over.ts";
import type { Clock } from "../lib/clock.ts";
import { KeptOpen } from "../lib/kept_open.ts";
import { loggerOf } from "../lib/logging.ts";
import { handOverOf } from "../domain/hand_over.ts";
import type { Target } from "../targets/target.ts";
import type { GearmanDemand } from "./gearman_demand.ts";
import type { TaskRegistry } from "./task_registry.ts";

interface TargetWatchesDeps {
  readonly clock: Pick<Clock, "sleep">;
  readonly tasks: TaskRegistry;
  readonly gearman: Pick<GearmanDemand, "gearman" | "state">;
  /** Makes a target; disposing of it closes its connections. null: nodes of it are only used from here. */
  readonly openTarget: (target: TargetConfig) => Target | null;
  /** Called where a target has come or gone. */
  readonly wake: () => void;
}

interface Watched extends AsyncDisposable {
  readonly target: Target;
  state: TargetState;
}

const PERIOD = 10 * SECOND;

const log = loggerOf("target");

export class TargetWatches implements AsyncDisposable {
  readonly #deps: TargetWatchesDeps;
  readonly #watched: KeptOpen<Watched>;
  #configs: readonly TargetConfig[] = [];

  constructor(deps: TargetWatchesDeps) {
    this.#deps = deps;
    this.#watched = new KeptOpen(deps.clock);
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
    return watched === null ? null : { type: "jenkins", target: watched.target, config };
  }

  /** Watches these targets and no others. One that is reached as before keeps its connections. */
  async configure(targets: readonly TargetConfig[]): Promise<void> {
    this.#configs = targets;
    const reached = targets.filter((config) => handOverOf(config) === "jenkins");
    await this.#watched.configure(
      new Map(reached.map((config) => {
        // What of a target's configuration its connection depends on.
        const { name, jenkins, rate, assignViaGearman } = config;
        return [name, { by: [jenkins, rate, assignViaGearman], open: () => this.#open(config) }];
      })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watched[Symbol.asyncDispose]();
  }

  #open(config: TargetConfig): Watched | null {
    const target = this.#deps.openTarget(config);
    if (target === null) return null;
    const parts = new AsyncDisposableStack();
    const watched: Watched = {
      target: parts.use(target),
      state: { online: false, reason: "not contacted yet" },
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    };
    const { name } = config;
    const run = (signal: AbortSignal) => this.#look(name, watched, signal);
    parts.use(this.#deps.tasks.add({ name: `target ${name}`, period: PERIOD, run }));
    return watched;
  }

  async #look(name: string, watched: Watched, signal: AbortSignal): Promise<void> {
    const before = watched.state;
    watched.state = await watched.target.observe({ signal });
    if (JSON.stringify(before) === JSON.stringify(watched.state)) return;
    if (watched.state.online) log.info("target {target} is online", { target: name });
    else log.warning("target {target} is offline: {reason}", { target: name, reason: watched.state.reason });
    this.#deps.wake();
  }
}
