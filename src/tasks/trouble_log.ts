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
  /** The kinds of the troubles that were logged and are not over. */
  readonly #told = new Map<LookName, Failure["kind"]>();
  /** Failures that the provider's own accounted for. */
  readonly #covered = new WeakSet<Failure>();
  #frozen: string | null = null;
  readonly #tell: (event: NewEvent) => void;

  constructor(provider: string, tell: (event: NewEvent) => void) {
    this.#provider = provider;
    this.#tell = tell;
  }

  /** To be called after each run. @param frozen why nothing is made or deleted there; null: nothing stands against it */
  note({ troubles, frozen }: { troubles: ReadonlyMap<LookName, Failure>; frozen: string | null }): void {
    this.#noteFrozen(frozen);
    const servers = troubles.get("servers");
    for (const [look, failure] of troubles) {
      // Where a cloud is out of reach altogether, once is enough.
      const isCovered = look !== "servers" && servers !== undefined && servers.kind === failure.kind;
      if (isCovered) this.#covered.add(failure);
      else if (!this.#covered.has(failure)) this.#noteDown(look, failure);
    }
    for (const look of this.#told.keys()) if (!troubles.has(look)) this.#noteUp(look);
  }

  /** Messages differ from one attempt to the next: they carry request ids and times. */
  #noteDown(look: LookName, { kind, message: reason }: Failure): void {
    if (this.#told.has(look) && this.#told.get(look) === kind) return;
    this.#told.set(look, kind);
    const provider = this.#provider;
    this.#tellEvent("provider.down", `${look === "servers" ? "" : `${LOOKS[look]}: `}${reason}`, look);
    if (look === "servers") log.warning("provider {provider}: {reason}", { provider, reason });
    else log.warning("provider {provider}: {what}: {reason}", { provider, what: LOOKS[look], reason });
  }

  #noteUp(look: LookName): void {
    this.#told.delete(look);
    const provider = this.#provider;
    const what = `${look === "servers" ? "answers" : `${LOOKS[look]} available`} again`;
    this.#tellEvent("provider.up", what, look);
    log.info("provider {provider}: {what}", { provider, what });
  }

  #noteFrozen(frozen: string | null): void {
    if ((frozen === null) === (this.#frozen === null)) return;
    this.#frozen = frozen;
    if (frozen === null) this.#tellEvent("provider.unfrozen", "is no longer frozen", "servers");
    else this.#tellEvent("provider.frozen", frozen, "servers");
  }

  #tellEvent(kind: EventKind, what: string, look: LookName): void {
    const provider = this.#provider;
    const subject = { type: "provider", id: null, name: provider } as const;
    this.#tell({ kind, subject, labels: { provider, look }, message: `provider ${provider}: ${what}` });
  }
}
