/** Logs what is odd in a cloud's answers, each thing once. One for each cloud; `session` has it. */
import { loggerOf } from "../../lib/logging.ts";
import type { Oddity } from "./mended_answer.ts";

/** The number of messages remembered; the oldest are forgotten first, and logged again. */
const REMEMBERED = 1_000;

const log = loggerOf("provider");

export class OddAnswers {
  readonly #provider: string;
  readonly #told = new Set<string>();

  constructor(provider: string) {
    this.#provider = provider;
  }

  /** @param action what the answer is to: "list servers" */
  tell(action: string, { path, thing, problem, treatment }: Oddity): void {
    const field = path.replace(/\.\d+(?=\.|$)/g, "");
    const key = [action, thing ?? "", field, problem].join("\n");
    if (this.#told.has(key)) return;
    this.#told.add(key);
    for (const oldest of this.#told) if (this.#told.size > REMEMBERED) this.#told.delete(oldest);
    log.warning(
      "{action} on {provider}: {thing} is not as documented ({field}: {problem}); it is {treatment}",
      {
        action,
        provider: this.#provider,
        thing: thing ?? "an item",
        treatment,
        field,
        problem,
      },
    );
  }
}
