/**
 * StatsD names from names of the pool: parts joined by dots, each part one level. 2016's Nodepool sent names as they
 * were, so that a dot made a level more; its later versions put `_` for `.` and `:`, as here. A slash becomes `-`, which
 * is what the StatsD server itself made of those in branch names. Whatever else its protocol or Graphite could stumble
 * over becomes `_`.
 */

/** Graphite makes a file name of each part; names of jobs and branches come from outside. */
const MAX_PART = 120;

export function metricName(...parts: readonly string[]): string {
  return ["nodepool", ...parts.map(safePart)].join(".");
}

function safePart(part: string): string {
  const safe = part.replaceAll("/", "-").replace(/[^A-Za-z0-9_-]/gu, "_").slice(0, MAX_PART);
  return safe === "" ? "_" : safe;
}
