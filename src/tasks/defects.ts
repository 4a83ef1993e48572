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

  constructor({ ledger, clock }: { ledger: Pick<Ledger, "subscribe">; clock: Pick<Clock, "now"> }) {
    this.#clock = clock;
    this.#subscription = ledger.subscribe((change) => this.#forget(change));
  }

  get list(): readonly DefectReport[] {
    return [...this.#ofTurn.values(), ...this.#ofAttempts.values()];
  }

  /** The newest turn's defects replace those of the turns before it. */
  noteTurn(defects: readonly Defect[]): void {
    this.#ofTurn = new Map(defects.map((defect) => [keyOf(defect), this.#know(defect, this.#ofTurn)]));
  }

  /** An attempt broke; not one that met a state that cannot be written, which is reported by itself. */
  noteAttempt(defect: Defect): void {
    if (defect.error instanceof StoreError) return;
    this.#ofAttempts.set(keyOf(defect), this.#know(defect, this.#ofAttempts));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #know(defect: Defect, before: ReadonlyMap<string, Known>): Known {
    const now = this.#clock.now();
    const { of, doing, error } = defect;
    const message = errorChain(error);
    const known = before.get(keyOf(defect));
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
    for (const [key, { of }] of this.#ofAttempts) {
      if (changed.has(describeSubject(of))) this.#ofAttempts.delete(key);
    }
  }
}

function keyOf({ of, doing }: Pick<Defect, "of" | "doing">): string {
  return `${describeSubject(of)} ${doing}`;
}
