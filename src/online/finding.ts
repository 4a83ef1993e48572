/** How checks say what they found. */
import type { OnlineCheck } from "../domain/online_check.ts";
import type { Asked } from "./look.ts";

export type Finding = Omit<OnlineCheck, "provider">;

export type Verdict = Finding | readonly Finding[];

/** The check and the subject of a finding. */
type About = Pick<Finding, "check" | "subject">;

export function ok(about: About, message: string): Finding {
  return { ...about, result: "ok", message };
}

export function warning(about: About, message: string): Finding {
  return { ...about, result: "warning", message };
}

export function failure(about: About, message: string): Finding {
  return { ...about, result: "failure", message };
}

/** Of what the cloud need not tell: nothing is known of it, and nothing depends on that. */
export function unknown(about: About, problem: string): Finding {
  return warning(about, `not known: ${problem}`);
}

/** The answer; undefined: it is not known. */
export function answerOf<Value>(asked: Asked<Value> | null): Value | undefined {
  return asked !== null && "value" in asked ? asked.value : undefined;
}
