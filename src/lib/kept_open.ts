/**
 * One opened thing for each entry that a configuration names: kept as long as what it was opened with stays the same,
 * ended where that changes or the name goes. What cannot be ended or opened, or does not end in time, keeps none of the
 * others from it, and is tried again with the next configuration.
 */
import { NEVER } from "./call.ts";
import type { Clock } from "./clock.ts";
import { endsInTime } from "./deadline.ts";
import { eachInTurn } from "./each_in_turn.ts";

interface Wanted<Opened> {
  /** The settings it is opened with, as JSON has them. */
  readonly by: unknown;
  /** null: there is nothing to be opened. */
  readonly open: () => Opened | null;
  /** Called instead where it is open already. */
  readonly keep?: (opened: Opened) => void;
}

/** For one thing to end, in milliseconds: it may wait for a file system that does not answer. */
const PATIENCE = 10_000;

export class KeptOpen<Opened extends AsyncDisposable> implements AsyncDisposable {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #open = new Map<string, { readonly key: string; readonly opened: Opened }>();
  readonly #ending = new Set<string>();

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  get(name: string): Opened | null {
    return this.#open.get(name)?.opened ?? null;
  }

  all(): readonly Opened[] {
    return [...this.#open.values()].map(({ opened }) => opened);
  }

  /** Has these open and no others. */
  async configure(wanted: ReadonlyMap<string, Wanted<Opened>>): Promise<void> {
    const keys = new Map([...wanted].map(([name, { by }]) => [name, JSON.stringify(by)]));
    const left = [...this.#open].filter(([name, { key }]) => keys.get(name) !== key);
    await eachInTurn([
      ...left.map(([name]) => () =>
        endsInTime(this.#end(name), { clock: this.#clock, timeout: PATIENCE, signal: NEVER })
      ),
      ...[...wanted].map(([name, one]) => () => this.#keep(name, { ...one, key: keys.get(name)! })),
    ]);
  }

  /** Waits for each, however long it takes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await eachInTurn([...this.#open.keys()].map((name) => () => this.#end(name)));
  }

  #keep(name: string, { key, open, keep }: Wanted<Opened> & { key: string }): void {
    const kept = this.get(name);
    if (kept !== null) return keep?.(kept);
    if (this.#ending.has(name)) {
      throw new Error(`${name} has not ended within ${PATIENCE / 1_000} s, and begins again once it has`);
    }
    const opened = open();
    if (opened !== null) this.#open.set(name, { key, opened });
  }

  async #end(name: string): Promise<void> {
    const opened = this.get(name);
    if (opened === null) return;
    this.#open.delete(name);
    this.#ending.add(name);
    try {
      await opened[Symbol.asyncDispose]();
    } finally {
      this.#ending.delete(name);
    }
  }
}
