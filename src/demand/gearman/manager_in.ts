/** Reads what a manager answers to `node_assign`: pure. */
import * as v from "valibot";
import { GearmanError } from "./gearman_error.ts";

const answerSchema = v.object({ manager: v.nullish(v.string(), null) });

/**
 * The manager's name, from `{"manager": NAME}`; null where it gives none, also by an empty answer.
 * @param title the function and the server, as a message is to begin
 * @throws GearmanError for anything else
 */
export function managerIn(answer: Uint8Array, title: string): string | null {
  const text = new TextDecoder().decode(answer);
  if (text.trim() === "") return null;
  try {
    return v.parse(answerSchema, JSON.parse(text)).manager;
  } catch (cause) {
    throw new GearmanError(
      "badAnswer",
      `${title}: the worker answered ${JSON.stringify(text.slice(0, 80))}, not {"manager": NAME}`,
      { cause },
    );
  }
}
