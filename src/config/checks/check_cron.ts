/** Cron expressions parse, and name a time that comes. */
import { Cron } from "croner";
import type { Draft } from "../validate_tree.ts";
import type { Findings } from "./check_source.ts";

/** Any day does; the next run is looked for from here. */
const SOME_DAY = new Date(Date.UTC(2030, 0, 1));

export function checkCron({ cron }: Draft, findings: Findings): void {
  for (const key of ["image-update", "cleanup", "check"] as const) {
    const expression = cron?.[key];
    if (expression === undefined) continue;
    const fault = cronFault(expression);
    if (fault !== null) findings.error(["cron", key], `"${expression}" is no cron expression: ${fault}`);
    else if (/\d/.test(expression.trim().split(/\s+/)[4]!)) {
      findings.notice(
        ["cron", key],
        "days of the week count from Sunday (0) here; 2016's counted from Monday",
      );
    }
  }
}

function cronFault(expression: string): string | null {
  const fields = expression.trim().split(/\s+/).length;
  if (fields !== 5) {
    return `it has ${fields} fields instead of five (minute, hour, day, month, day of the week)`;
  }
  try {
    const next = new Cron(expression, { mode: "5-part", paused: true }).nextRun(SOME_DAY);
    return next === null ? "no such time ever comes" : null;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, "");
  }
}
