/** Logs what is odd in a cloud's answers, each thing once. `session` has one for each cloud. */
import { loggerOf } from "../../lib/logging.ts";
import type { Oddity } from "./mended_answer.ts";

/** @param action what the answer is to: "list servers" */
export type TellOddity = (action: string, oddity: Oddity) => void;

/** The number of messages remembered; the oldest are forgotten first, and logged again. */
const REMEMBERED = 1_000;

const log = loggerOf("provider");

export function oddityTeller(provider: string): TellOddity {
  const told = new Set<string>();
  return (action, { path, thing, problem, treatment }) => {
    const field = path.replace(/\.\d+(?=\.|$)/g, "");
    const key = [action, thing ?? "", field, problem].join("\n");
    if (told.has(key)) return;
    told.add(key);
    for (const oldest of told) if (told.size > REMEMBERED) told.delete(oldest);
    log.warning(
      "{action} on {provider}: {thing} is not as documented ({field}: {problem}); it is {treatment}",
      { action, provider, thing: thing ?? "an item", treatment, field, problem },
    );
  };
}
