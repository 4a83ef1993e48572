/** `since` and `until` in an address of the status endpoint. */
import type { PoolReport } from "../domain/pool_report.ts";
import { type AskedWindow, type Instant, parseMoment, whyEmpty } from "../domain/time.ts";
import { SiteError } from "./site_error.ts";

/**
 * As instants of the pool.
 * @throws SiteError (400) for what is no time, and where nothing can lie between them
 */
export function parseWindow(
  texts: { readonly since?: string | undefined; readonly until?: string | undefined },
  report: Pick<PoolReport, "now" | "wallOffset">,
): AskedWindow {
  const window = { since: instantOf(texts.since, report), until: instantOf(texts.until, report) };
  const problem = whyEmpty(window, report);
  if (problem !== null) throw new SiteError(400, problem);
  return window;
}

function instantOf(
  text: string | undefined,
  { now, wallOffset }: Pick<PoolReport, "now" | "wallOffset">,
): Instant | undefined {
  if (text === undefined) return undefined;
  const instant = parseMoment(text, now + wallOffset);
  if (instant !== null) return instant - wallOffset;
  throw new SiteError(
    400,
    `there is no time ${text}: give how long ago (2h, 1d) or one such as 2026-01-31T18:00`,
  );
}
