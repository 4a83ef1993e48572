/** `cron`: when the periodic tasks run. */
import * as v from "valibot";
import { former, optional, text } from "./fields.ts";
import { section } from "./section.ts";

/** For the JSON Schema: what is clearly wrong is found, the rest is the check's (checks/check_cron.ts). */
function inTime(number: string): string {
  const item = `(?:[*?]|0*${number}(?:-0*${number})?)(?:/[0-9]+)?`;
  return `${item}(?:,${item})*`;
}

const SIXTIES = inTime("[0-5]?[0-9]");
const HOURS = inTime("(?:1?[0-9]|2[0-3])");
const DAYS = "[0-9A-Za-z*?,/#+-]+";

const expression = text("a cron expression of five fields, or six with seconds last", {
  type: "string",
  pattern: `^\\s*${SIXTIES}\\s+${HOURS}(?:\\s+${DAYS}){3}(?:\\s+${SIXTIES})?\\s*$`,
});

export const cronSection = v.nullish(
  section({
    "image-update": optional(expression, "14 2 * * *", "Rebuild and upload every image in use."),
    "update-image": former("the key is image-update"),
    cleanup: optional(expression, "* * * * *", "Retention, leaks and stuck nodes."),
    check: optional(expression, "*/15 * * * *", "Log in to every ready node and delete those that fail."),
  }),
  {},
);
