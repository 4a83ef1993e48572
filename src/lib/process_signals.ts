/**
 * The signals that a daemon answers, heard from the moment this is made: `mod.ts` makes it before it loads anything, so
 * that none ends the process by its default action. What comes early is answered once somebody can.
 */

/** The signals to a process that goes on. */
type Request = "SIGHUP" | "SIGUSR2";

export class ProcessSignals implements Disposable {
  readonly #stop = Promise.withResolvers<Deno.Signal>();
  readonly #end = Promise.withResolvers<Deno.Signal>();
  readonly #stopping = new AbortController();
  /** The first signal that asks the process to stop. */
  readonly stop = this.#stop.promise;
  /** The signal that asks it not to wait for builds either: SIGTERM, or a second SIGINT. */
  readonly end = this.#end.promise;
  /** Aborted once it has been asked to stop. */
  readonly stopping = this.#stopping.signal;
  readonly #listeners: readonly (readonly [Deno.Signal, () => void])[];
  readonly #early = new Set<Request>();
  #answers: Readonly<Record<Request, () => void>> | null = null;
  #isInterrupted = false;

  constructor() {
    this.#listeners = [
      ["SIGINT", () => this.#interrupt()],
      ["SIGUSR1", () => this.#askToStop("SIGUSR1")],
      ["SIGTERM", () => this.#askToEnd("SIGTERM")],
      ["SIGHUP", () => this.#request("SIGHUP")],
      ["SIGUSR2", () => this.#request("SIGUSR2")],
    ];
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** Has the other signals answered from now on, and those that have come. */
  answer(answers: Readonly<Record<Request, () => void>>): void {
    this.#answers = answers;
    for (const signal of this.#early) answers[signal]();
    this.#early.clear();
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }

  /** Only SIGINT counts twice: 2016's init script sends SIGUSR1 right after it, and means the same. */
  #interrupt(): void {
    if (this.#isInterrupted) this.#askToEnd("SIGINT");
    this.#isInterrupted = true;
    this.#askToStop("SIGINT");
  }

  #askToStop(signal: Deno.Signal): void {
    this.#stopping.abort();
    this.#stop.resolve(signal);
  }

  #askToEnd(signal: Deno.Signal): void {
    this.#end.resolve(signal);
    this.#askToStop(signal);
  }

  #request(signal: Request): void {
    if (this.#answers === null) this.#early.add(signal);
    else this.#answers[signal]();
  }
}
