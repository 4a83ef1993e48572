/**
 * Listeners, each behind a bulkhead of its own: one that throws keeps none of the others from
 * hearing. Its defect is logged when it begins to fail, not each time. What it does is not the work of who tells it.
 */
import { contain, logDefect } from "./bulkhead.ts";
import { inFlight } from "./in_flight.ts";

interface Listener<Args extends readonly unknown[]> {
  readonly hear: (...args: Args) => unknown;
  isFailing: boolean;
}

export class Listeners<Args extends readonly unknown[]> {
  readonly #to: string;
  readonly #listeners = new Set<Listener<Args>>();

  /** @param to what they listen to, for the log: `changes of the state` */
  constructor(to: string) {
    this.#to = to;
  }

  /** Tells the listener too, from now on until what is returned is disposed of. */
  subscribe(hear: (...args: Args) => unknown): Disposable {
    const listener = { hear, isFailing: false };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(...args: Args): void {
    for (const listener of this.#listeners) {
      contain(() => inFlight.apart(() => listener.hear(...args)), {
        onWell: () => listener.isFailing = false,
        onDefect: (error) => this.#note(listener, error),
      });
    }
  }

  #note(listener: Listener<Args>, error: unknown): void {
    if (!listener.isFailing) logDefect(`a listener for ${this.#to}`, error);
    listener.isFailing = true;
  }
}
