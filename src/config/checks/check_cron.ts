/** Cron expressions parse, name a time that comes, and mean what their author may expect of 2016's scheduler. */
import { Cron } from "croner";
import { countText } from "../../domain/count_text.ts";
import { cronFields, cronPattern } from "../../domain/cron_expression.ts";
import type { ConfigDraft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

/** Any day does; the next run is looked for from here. */
const SOME_DAY = new Date(Date.UTC(2030, 0, 1));

export function checkCron({ cron }: ConfigDraft, findings: Findings): void {
  for (const key of ["image-update", "cleanup", "check"] as const) {
    const expression = cron?.[key];
    if (expression === undefined) continue;
    const fault = cronFault(expression);
    if (fault !== null) findings.error(["cron", key], `"${expression}" is not a cron expression: ${fault}`);
    else for (const difference of differences(expression)) findings.notice(["cron", key], difference);
  }
}

function cronFault(expression: string): string | null {
  const { length } = cronFields(expression);
  if (length < 5 || length > 6) {
    return `it has ${
      countText(length, "field")
    } instead of five (minute, hour, day, month, day of the week), ` +
      "or six with seconds last";
  }
  try {
    const next = new Cron(cronPattern(expression), { paused: true }).nextRun(SOME_DAY);
    return next === null ? "it matches no date" : null;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, "");
  }
}

/** Where 2016's scheduler took the same expression for other times. */
function differences(expression: string): string[] {
  const [, , day, month, weekday, second] = cronFields(expression);
  return [
    ...(/\d/.test(weekday!)
      ? ["days of the week count from Sunday (0); in 2016 they counted from Monday"]
      : []),
    ...(month === "*" ? [] : ["runs only in these months; in 2016 it ran in every month"]),
    ...(day === "*" || weekday === "*"
      ? []
      : ["runs when the day or the day of the week matches; in 2016 both had to match"]),
    ...(second === undefined ? [] : ["the sixth field is seconds, as in 2016"]),
  ];
}
