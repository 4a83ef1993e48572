/**
 * The defects that last: what the newest turn of the tick could not plan or store, and attempts that broke, until their
 * record changes. Each is logged when it begins and now and then while it lasts; `status` and the lists show them.
 */
import { type Defect, type DefectReport, describeSubject } from "../domain/defect.ts";
import { type Instant, MINUTE } from "../domain/time.ts";
import { logDefect } from "../lib/bulkhead.ts";
import type { Clock } from "../lib/clock.ts";
import { errorChain } from "../lib/error_chain.ts";
import type { Ledger, LedgerChange } from "../store/ledger.ts";
import { StoreError } from "../store/store.ts";

/** Between two lines of the log about a defect that lasts. */
const LOG_AGAIN = 10 * MINUTE;

interface Known extends DefectReport {
  readonly loggedAt: Instant;
}

export class Defects implements Disposable {
  readonly #clock: Pick<Clock, "now">;
  readonly #subscription: Disposable;
  /** Of the newest turn. */
  #ofTurn: ReadonlyMap<string, Known> = new Map();
  readonly #ofAttempts = new Map<string, Known>();
  /** Those of attempts whose record has changed since: the next attempt, which is written down first, may break again. */
  readonly #past = new Map<string, Known>();

  constructor({ ledger, clock }: { ledger: Pick<Ledger, "subscribe">; clock: Pick<Clock, "now"> }) {
    this.#clock = clock;
    this.#subscription = ledger.subscribe((change) => this.#forget(change));
  }

  get list(): readonly DefectReport[] {
    return [...this.#ofTurn.values(), ...this.#ofAttempts.values()];
  }

  /** The newest turn's defects replace those of the turns before it. */
  noteTurn(defects: readonly Defect[]): void {
    const before = this.#ofTurn;
    this.#ofTurn = new Map(defects.map((defect) => {
      const key = keyOf(defect);
      return [key, this.#know(defect, before.get(key))];
    }));
  }

  /** An attempt broke; not one that met a state that cannot be written, which is reported by itself. */
  noteAttempt(defect: Defect): void {
    if (defect.error instanceof StoreError) return;
    const key = keyOf(defect);
    this.#ofAttempts.set(key, this.#know(defect, this.#ofAttempts.get(key) ?? this.#past.get(key)));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #know(defect: Defect, known: Known | undefined): Known {
    const now = this.#clock.now();
    const { of, doing, error } = defect;
    const message = errorChain(error);
    const isSame = known?.message === message;
    if (isSame && now - known.loggedAt < LOG_AGAIN) return known;
    logDefect(`${doing} ${describeSubject(of)}`, error);
    return { of, doing, message, since: isSame ? known.since : now, loggedAt: now };
  }

  #forget({ nodes, images, dibImages }: LedgerChange): void {
    if (this.#ofAttempts.size === 0) return;
    const changed = new Set([
      ...nodes.map(({ previous }) => `node ${previous?.id}`),
      ...images.map(({ previous }) => `image ${previous?.id}`),
      ...dibImages.map(({ previous }) => `dib image ${previous?.id}`),
    ]);
    const since = this.#clock.now() - LOG_AGAIN;
    for (const [key, { loggedAt }] of this.#past) if (loggedAt <= since) this.#past.delete(key);
    for (const [key, known] of this.#ofAttempts) {
      if (!changed.has(describeSubject(known.of))) continue;
      this.#ofAttempts.delete(key);
      this.#past.set(key, known);
    }
  }
}

function keyOf({ of, doing }: Pick<Defect, "of" | "doing">): string {
  return `${describeSubject(of)} ${doing}`;
}
