/** The levels of the log by category, for `nodepool log-level`. */
import * as v from "valibot";
import type { Moment } from "../domain/time.ts";
import type { Logging } from "../lib/logging.ts";
import { shortCategory } from "../lib/log_spec.ts";
import { isoTimeOrNull, viewHead, viewSchema } from "./view_head.ts";
import { rows, string, stringOrNull } from "./view_schema.ts";

export const logLevelsViewSchema = viewSchema({
  levels: rows(v.object({
    /** `all`: what has no level of its own. */
    category: string,
    level: string,
    /** As the configuration has it; another one than `level`: somebody has set that. */
    configured: string,
    /** When it is as configured again; null: it is, or it stays so until the daemon ends. */
    until: stringOrNull,
  })),
});
type LogLevelsView = v.InferOutput<typeof logLevelsViewSchema>;

export function viewLogLevels(logging: Logging, moment: Moment): LogLevelsView {
  return {
    ...viewHead(moment),
    levels: logging.list().map(({ category, level, configured, remaining }) => ({
      category: shortCategory(category),
      level,
      configured,
      until: isoTimeOrNull(remaining === null ? null : moment.now + remaining, moment),
    })),
  };
}

export function renderLogLevels({ levels }: LogLevelsView): string {
  const width = Math.max(...levels.map(({ category }) => category.length));
  return levels.map(({ category, level, configured, until }) => {
    const set = level === configured && until === null
      ? ""
      : `  (configured: ${configured}; ${until === null ? "until the daemon ends" : `until ${until}`})`;
    return `${category.padEnd(width)}  ${level}${set}\n`;
  }).join("");
}
