/**
 * The schedule of a task that runs at the times of a cron expression, by the machine's clock and in its time zone. Where
 * that clock is set forward over one of the times, it runs once for all that were passed over; where it is put right by
 * a moment, it runs once all the same.
 */
import { cronPattern } from "../domain/cron_expression.ts";
import { type Instant, type Milliseconds, SECOND } from "../domain/time.ts";
import { cronTimes } from "../lib/cron_times.ts";
import type { Clock } from "../lib/clock.ts";
import type { Schedule } from "./task.ts";

export interface CronTimes {
  /** Five fields, or six with seconds last. */
  readonly cron: string;
  /** An IANA time zone; default: the machine's. */
  readonly timezone?: string | undefined;
}

/** A run may begin so long before its time by the machine's clock, whose smaller corrections go unnoticed. */
const EARLY: Milliseconds = 2 * SECOND;

/**
 * The first run is at the expression's next time, not at the task's start. A failed run is not repeated before
 * the next time. Where a run takes longer than the times are apart, those that pass are left out.
 * @throws TypeError for an invalid expression; the configuration checks it before
 */
export function cronSchedule({ cron, timezone }: CronTimes, clock: Clock): Schedule {
  const nextOnWall = cronTimes(cronPattern(cron), { timezone });
  let dueOnWall: Instant | null = null;
  const nextAfter = (wall: Instant, now: Instant) => {
    dueOnWall = nextOnWall(wall);
    return dueOnWall === null ? null : now + dueOnWall - clock.wall();
  };
  const first = (now: Instant) => nextAfter(clock.wall(), now);
  const next = (now: Instant) => {
    const wall = clock.wall();
    const due = dueOnWall ?? wall;
    return nextAfter(due - wall < EARLY ? Math.max(due, wall) : wall, now);
  };
  const again = (now: Instant) => dueOnWall !== null && dueOnWall <= clock.wall() ? now : first(now);
  return { first, next, again };
}
