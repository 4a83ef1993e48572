/** The names of copies of a state: its own, with what made the copy and when after it. */
import { basename, dirname, join } from "node:path";
import type { Instant } from "../domain/time.ts";

/** A time as the names of copies contain it: `20261128T201500Z`. */
export function timeStamp(now: Instant): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** Copies that daemons have written of a state when it was taken from under them. */
export const RESCUED = ["rescued-", ""] as const;

/** The whole copies beside a state whose names go on with `before`, a time, and `after`; the newest first. */
export function copiesBeside(
  path: string,
  [before, after]: readonly [before: string, after: string],
): string[] {
  const [folder, first] = [dirname(path), `${basename(path)}.${before}`];
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.startsWith(first) && name.endsWith(after))
      .filter((name) => STAMP.test(name.slice(first.length, name.length - after.length)))
      .sort().reverse().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

const STAMP = /^\d{8}T\d{6}Z$/;
