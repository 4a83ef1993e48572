/** A task that runs at the times of a cron expression, in the machine's time zone, and whenever it is woken. */
import { Cron } from "croner";
import type { Instant } from "../domain/time.ts";
import type { Task, TaskBasics } from "./task.ts";
import { createScheduledTask } from "./task.ts";

export interface CronTaskOptions extends TaskBasics {
  /** Five fields, or six with seconds first. */
  readonly cron: string;
  /** An IANA time zone; default: the machine's. */
  readonly timezone?: string;
}

/**
 * A task that first runs at the expression's next time, not at its start. A failed run is not repeated before
 * the next time. Where a run takes longer than the times are apart, those that pass are left out.
 * @throws TypeError for an expression that is none; the configuration checks it before
 */
export function createCronTask({ cron, timezone, ...basics }: CronTaskOptions): Task {
  const next = cronTimes(cron, { timezone });
  return createScheduledTask(basics, { first: next, next });
}

/** The first of the expression's times after a given one; null: there is none any more. */
export function cronTimes(
  expression: string,
  { timezone }: { timezone?: string } = {},
): (after: Instant) => Instant | null {
  const pattern = new Cron(expression, { paused: true, timezone });
  return (after) => pattern.nextRun(new Date(after))?.getTime() ?? null;
}
