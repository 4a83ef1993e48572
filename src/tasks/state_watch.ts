/**
 * Looks every few seconds whether the pool's state is still there and can be written. A full disk is waited for: nothing
 * begins meanwhile, since each intent is stored before it is acted on. A state that this process can never write again
 * (removed, replaced, damaged, written by another) is lost: the pool starts nothing any more, and the daemon ends.
 */
import { SECOND } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import { loggerOf } from "../lib/logging.ts";
import type { Ledger } from "../store/ledger.ts";
import type { StoreError, StoreErrorKind } from "../store/store.ts";
import type { Task } from "./task.ts";
import type { TaskRegistry } from "./task_registry.ts";

const PERIOD = 3 * SECOND;

/** After these nothing can be written any more, whatever happens. */
const LOST: ReadonlySet<StoreErrorKind> = new Set(["gone", "stopped", "damaged"]);

const MEANWHILE = "nothing is launched, deleted or handed out until writing works again";

const log = loggerOf("state");

interface StateWatchDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly tasks: TaskRegistry;
  /** Called when the state can be written again. */
  readonly wake: () => void;
}

export class StateWatch implements AsyncDisposable {
  readonly #deps: StateWatchDeps;
  readonly #task: Task;
  readonly #subscription: Disposable;
  readonly #lost = Promise.withResolvers<StoreError>();
  /** Resolves, with the reason, once this process can no longer write the state. */
  readonly lost = this.#lost.promise;
  /** The message logged last; null: all was well. */
  #told: string | null = null;

  constructor(deps: StateWatchDeps) {
    const { ledger, clock, tasks } = this.#deps = deps;
    this.#task = tasks.add({
      name: "state",
      period: null,
      run: async () => ({ again: await this.#look() ? clock.now() + PERIOD : null }),
    });
    this.#subscription = ledger.subscribeFailures(() => this.#task.wake());
  }

  /** The state's problem now; null: no problem. */
  get problem(): string | null {
    return this.#deps.ledger.failure?.message ?? null;
  }

  get isLost(): boolean {
    return LOST.has(this.#deps.ledger.failure?.kind ?? "unusable");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#task[Symbol.asyncDispose]();
  }

  /** @returns whether to look again by itself: a state that is in no file is looked at while it fails only */
  async #look(): Promise<boolean> {
    this.#tellFailure();
    // What it throws is the ledger's failure from then on.
    const isToLookAgain = await this.#deps.ledger.check().catch(() => true);
    const { failure } = this.#deps.ledger;
    if (failure === null) this.#tellMended();
    else if (this.isLost) this.#lost.resolve(failure);
    else this.#tellFailure();
    return isToLookAgain;
  }

  /** Also one that the next look does not find any more: whoever met it says nothing of it. */
  #tellFailure(): void {
    const { problem } = this;
    if (problem === null || problem === this.#told || this.isLost) return;
    this.#told = problem;
    log.error(`{problem}; ${MEANWHILE}`, { problem });
  }

  #tellMended(): void {
    if (this.#told === null) return;
    this.#told = null;
    log.info("the state can be written again");
    this.#deps.wake();
  }
}
