/**
 * Keeps the service manager informed: how the pool stands, and that it lives, as long as its tick does. A tick that hangs
 * gives no sign of life, so that the service manager starts the daemon again. The pool adds it where there is one.
 */
import { type Milliseconds, SECOND } from "../domain/time.ts";
import type { ServiceManager } from "../lib/service_manager.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

/** Between two texts where no sign of life is asked for. */
const PERIOD: Milliseconds = 30 * SECOND;

export function addServiceWatch(
  { manager, tasks, tick, describe }: {
    manager: ServiceManager;
    tasks: TaskRegistry;
    tick: Pick<Task, "report" | "wake">;
    /** The pool in a line. */
    describe: () => string;
  },
): void {
  let ticks = 0;
  tasks.add({
    name: "service manager",
    // As sd_watchdog_enabled(3) recommends, twice as often as wanted.
    period: Math.min(PERIOD, (manager.watchdog ?? Infinity) / 2),
    run() {
      const { runs } = tick.report();
      const isAlive = runs > ticks;
      ticks = runs;
      manager.tell({ STATUS: describe() });
      if (isAlive) manager.tellAlive();
      tick.wake();
      return Promise.resolve();
    },
  });
}
