/**
 * A task that runs at the times of a cron expression, by the machine's clock and in its time zone, and whenever it is
 * woken. Where that clock is set forward over one of the times, it runs once for all that were passed over.
 */
import { cronPattern } from "../domain/cron_expression.ts";
import type { Instant } from "../domain/time.ts";
import { cronTimes } from "../lib/cron_times.ts";
import type { Task, TaskBasics } from "./task.ts";
import { createScheduledTask } from "./task.ts";

export interface CronTaskOptions extends TaskBasics {
  /** Five fields, or six with seconds last. */
  readonly cron: string;
  /** An IANA time zone; default: the machine's. */
  readonly timezone?: string;
}

/**
 * A task that first runs at the expression's next time, not at its start. A failed run is not repeated before
 * the next time. Where a run takes longer than the times are apart, those that pass are left out.
 * @throws TypeError for an invalid expression; the configuration checks it before
 */
export function createCronTask({ cron, timezone, ...basics }: CronTaskOptions): Task {
  const { clock } = basics;
  const nextOnWall = cronTimes(cronPattern(cron), { timezone });
  let dueOnWall: Instant | null = null;
  const next = (now: Instant) => {
    const wall = clock.wall();
    dueOnWall = nextOnWall(wall);
    return dueOnWall === null ? null : now + dueOnWall - wall;
  };
  const again = (now: Instant) => dueOnWall !== null && dueOnWall <= clock.wall() ? now : next(now);
  return createScheduledTask(basics, { first: next, next, again });
}
