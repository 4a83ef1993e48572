/**
 * Every task of a process, by name: each is shown in the status, can be woken by its name, and ends with the registry
 * at the latest. No two have one name at a time, so that whatever is started twice is noticed at once. It knows nothing
 * of what the tasks do. The pool has one; whatever repeats something in the pool registers a task here.
 */
import type { TaskReport } from "../domain/pool_report.ts";
import type { Milliseconds } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { cronSchedule, type CronTimes } from "./cron_schedule.ts";
import { periodic, type Schedule, Task, type TaskBasics } from "./task.ts";

type Given = Omit<TaskBasics, "clock" | "onError" | "onMended" | "onEnd">;

interface TaskRegistryDeps {
  readonly clock: Clock;
  /** Gets what a task's run has thrown, where the run before has not thrown the same. */
  readonly onError: (task: string, error: unknown) => void;
  /** Called when a task works again: `error` is what its last run had thrown. */
  readonly onMended?: (task: string, error: unknown) => void;
}

export class TaskRegistry implements AsyncDisposable {
  readonly #deps: TaskRegistryDeps;
  readonly #tasks = new Map<string, Task>();
  #state: "waiting" | "running" | "ended" = "waiting";

  constructor(deps: TaskRegistryDeps) {
    this.#deps = deps;
  }

  /** A task with a period. It runs from now on, or from the registry's start. Disposing of it takes it out again. */
  add({ period, ...given }: Given & { readonly period: Milliseconds | null }): Task {
    return this.#register(given, periodic(period));
  }

  /** A task that runs at the times of a cron expression; the rest as `add`. */
  addCron({ cron, timezone, ...given }: Given & CronTimes): Task {
    return this.#register(given, cronSchedule({ cron, timezone }, this.#deps.clock));
  }

  /** Lets the tasks run, those that are registered and those to come. */
  start(): void {
    if (this.#state !== "waiting") return;
    this.#state = "running";
    for (const task of this.#tasks.values()) task.start();
  }

  /** Runs the task of that name now, or once more when it is running; an unknown name does nothing. */
  wake(name: string): void {
    this.#tasks.get(name)?.wake();
  }

  /** The machine's clock was set. */
  clockSet(): void {
    for (const task of this.#tasks.values()) task.clockSet();
  }

  /** The results of each task's runs, in the order in which they were registered. */
  reports(): readonly TaskReport[] {
    return [...this.#tasks.values()].map((task) => task.report());
  }

  /** Ends all tasks, and takes no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = "ended";
    await Promise.all([...this.#tasks.values()].map((task) => task[Symbol.asyncDispose]()));
  }

  #register(given: Given, schedule: Schedule): Task {
    const { clock, onError, onMended } = this.#deps;
    const { name } = given;
    if (this.#state === "ended") throw new Error(`the task ${name} cannot start: all tasks have ended`);
    if (this.#tasks.has(name)) throw new Error(`task ${name} already exists`);
    const onEnd = () => void (this.#tasks.get(name) === task && this.#tasks.delete(name));
    const task = new Task({
      ...given,
      clock,
      onError: (error) => onError(name, error),
      onMended: (error) => onMended?.(name, error),
      onEnd,
    }, schedule);
    this.#tasks.set(name, task);
    if (this.#state === "running") task.start();
    return task;
  }
}
