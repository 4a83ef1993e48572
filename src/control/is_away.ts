/**
 * Whether a daemon could not be asked, since it is not there, is stopping, or no longer leads: another may be, soon.
 */
import { ControlError } from "./control_error.ts";
import { NoAnswerError } from "./no_answer_error.ts";

export function isAway(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ControlError && error.status === 503);
}
