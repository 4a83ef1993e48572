/** Logs when a look at a provider's cloud begins to fail, for another reason, and when it works again. */
import { type Failure, type LookName, LOOKS } from "../domain/observation.ts";
import { loggerOf } from "../lib/logging.ts";

const log = loggerOf("provider");

export class TroubleLog {
  readonly #provider: string;
  /** The troubles that were told last, with their reasons. */
  #told: ReadonlyMap<LookName, string> = new Map();

  constructor(provider: string) {
    this.#provider = provider;
  }

  /** To be called after each run. */
  note(troubles: ReadonlyMap<LookName, Failure>): void {
    const provider = this.#provider;
    const failure = troubles.get("servers")?.message;
    // Where a cloud is out of reach altogether, once is enough.
    const now = new Map(
      [...troubles].filter(([look, { message }]) => look === "servers" || message !== failure)
        .map(([look, { message }]) => [look, message]),
    );
    for (const [look, reason] of now) {
      if (this.#told.get(look) === reason) continue;
      if (look === "servers") log.warning("provider {provider}: {reason}", { provider, reason });
      else log.warning("provider {provider}: {what}: {reason}", { provider, what: LOOKS[look], reason });
    }
    for (const look of this.#told.keys()) {
      if (troubles.has(look)) continue;
      if (look === "servers") log.info("provider {provider}: answers again", { provider });
      else log.info("provider {provider}: {what} available again", { provider, what: LOOKS[look] });
    }
    this.#told = now;
  }
}
