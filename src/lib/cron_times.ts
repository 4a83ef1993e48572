/** The times of a cron expression: when tasks run by it, and when pages say that the next run is. */
import { Cron } from "croner";

/**
 * The first of the expression's times after a given one, by the machine's clock; null: no more.
 * @param pattern as the library reads it: see `cronPattern`
 * @param options `timezone`: an IANA time zone; default: the machine's
 * @throws TypeError for what is no cron expression
 */
export function cronTimes(
  pattern: string,
  { timezone }: { timezone?: string | undefined } = {},
): (after: number) => number | null {
  const cron = new Cron(pattern, { paused: true, ...(timezone === undefined ? {} : { timezone }) });
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? null;
}
