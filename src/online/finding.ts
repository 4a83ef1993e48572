/** How checks say what they found. */
import type { OnlineCheck } from "../domain/online_check.ts";
import type { Asked } from "./look.ts";

export type Finding = Omit<OnlineCheck, "provider">;

export type Verdict = Finding | readonly Finding[];

/** The check and the subject of a finding. */
type About = Pick<Finding, "check" | "subject">;

const finding = (result: Finding["result"]) => (about: About, message: string): Finding => (
  { ...about, result, message }
);

export const ok = finding("ok");
export const warning = finding("warning");
export const failure = finding("failure");

/** Of what the cloud need not tell: nothing is known of it, and nothing depends on that. */
export function unknown(about: About, problem: string): Finding {
  return warning(about, `not known: ${problem}`);
}

/** The answer; undefined: it is not known. */
export function answerOf<Value>(asked: Asked<Value> | null): Value | undefined {
  return asked !== null && "value" in asked ? asked.value : undefined;
}
