/**
 * Says, in the log and as events, when a look at a provider's cloud begins to fail, for another reason, and when it works
 * again; and when nothing may be made or deleted there.
 */
import { type Failure, type LookName, LOOKS } from "../domain/observation.ts";
import type { EventKind, NewEvent } from "../domain/pool_event.ts";
import { loggerOf } from "../lib/logging.ts";

const log = loggerOf("provider");

export class TroubleLog {
  readonly #provider: string;
  /** The troubles that were told last, with their reasons. */
  #told: ReadonlyMap<LookName, string> = new Map();
  #frozen: string | null = null;
  readonly #tell: (event: NewEvent) => void;

  constructor(provider: string, tell: (event: NewEvent) => void) {
    this.#provider = provider;
    this.#tell = tell;
  }

  /** To be called after each run. @param frozen why nothing is made or deleted there; null: nothing stands against it */
  note({ troubles, frozen }: { troubles: ReadonlyMap<LookName, Failure>; frozen: string | null }): void {
    this.#noteFrozen(frozen);
    const provider = this.#provider;
    const failure = troubles.get("servers")?.message;
    // Where a cloud is out of reach altogether, once is enough.
    const now = new Map(
      [...troubles].filter(([look, { message }]) => look === "servers" || message !== failure)
        .map(([look, { message }]) => [look, message]),
    );
    for (const [look, reason] of now) {
      if (this.#told.get(look) === reason) continue;
      this.#tellEvent("provider.down", `${look === "servers" ? "" : `${LOOKS[look]}: `}${reason}`, look);
      if (look === "servers") log.warning("provider {provider}: {reason}", { provider, reason });
      else log.warning("provider {provider}: {what}: {reason}", { provider, what: LOOKS[look], reason });
    }
    for (const look of this.#told.keys()) {
      if (troubles.has(look)) continue;
      this.#tellEvent(
        "provider.up",
        `${look === "servers" ? "answers" : `${LOOKS[look]} available`} again`,
        look,
      );
      if (look === "servers") log.info("provider {provider}: answers again", { provider });
      else log.info("provider {provider}: {what} available again", { provider, what: LOOKS[look] });
    }
    this.#told = now;
  }

  #noteFrozen(frozen: string | null): void {
    if ((frozen === null) === (this.#frozen === null)) return;
    this.#frozen = frozen;
    if (frozen === null) this.#tellEvent("provider.unfrozen", "is no longer frozen", "servers");
    else this.#tellEvent("provider.frozen", `is frozen: ${frozen}`, "servers");
  }

  #tellEvent(kind: EventKind, what: string, look: LookName): void {
    const provider = this.#provider;
    const subject = { type: "provider", id: null, name: provider } as const;
    this.#tell({ kind, subject, labels: { provider, look }, message: `provider ${provider}: ${what}` });
  }
}
