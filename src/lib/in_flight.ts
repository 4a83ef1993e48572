/**
 * The work of this process at a moment: every piece of work in flight, and what each waits for, with the stacks. Work
 * is found by the calls that it makes, so a wait deep below need not be told whose it is. Stacks are taken as V8 keeps
 * them and made into text only when somebody asks. What does work calls `inFlight.run`, what waits for something slow
 * calls `waitFor`; dumps and the watchdog of the event loop read it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.ts";
import { stackLines, takeStack } from "./stack_lines.ts";

/** The kind and the subject of a piece of work: `{ what: "login", about: { node: 12, provider: "main" } }`. */
export interface WorkName {
  readonly what: string;
  readonly about?: Readonly<Record<string, string | number>>;
}

/** Ages in milliseconds. */
interface WorkInFlight extends Required<WorkName> {
  readonly age: number;
  /** Where it was begun, the innermost call first. */
  readonly begun: readonly string[];
  /** The things it waits for, the oldest first; empty: it runs, or waits for something without a name. */
  readonly waits: readonly { readonly on: string; readonly age: number; readonly stack: readonly string[] }[];
}

interface Wait {
  readonly on: string;
  readonly since: number;
  readonly at: Error;
}

interface Work extends Required<WorkName> {
  readonly clock: Pick<Clock, "monotonic">;
  readonly since: number;
  readonly begun: Error;
  readonly waits: Set<Wait>;
}

/** The work that ran last before a moment at which the event loop was blocked. */
export interface LastRan extends Required<WorkName> {
  /** The last thing it had waited for, or begun to wait for; null: nothing. */
  readonly on: string | null;
}

interface Mark extends LastRan {
  readonly at: number;
}

export class InFlight {
  readonly #works = new Set<Work>();
  readonly #current = new AsyncLocalStorage<Work | undefined>();
  /** The newest sign of work, and the one that the longest silence followed since `lastBefore` was asked. */
  #mark: Mark | null = null;
  #longest: { readonly mark: Mark | null; readonly silence: number } = { mark: null, silence: 0 };

  /** Does the work; it is in flight until what `action` returns has settled. */
  async run<Result>(
    { what, about = {} }: WorkName,
    clock: Pick<Clock, "monotonic">,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const begun = takeStack();
    const work: Work = { what, about, clock, since: clock.monotonic(), begun, waits: new Set() };
    this.#works.add(work);
    this.#note(work, null);
    try {
      return await this.#current.run(work, action);
    } finally {
      this.#works.delete(work);
    }
  }

  /** Waits for what `begin` returns, on behalf of the work that asks. */
  async waitFor<Result>(on: string, begin: () => Promise<Result>): Promise<Result> {
    const work = this.#current.getStore();
    if (work === undefined) return await begin();
    const wait: Wait = { on, since: work.clock.monotonic(), at: takeStack() };
    work.waits.add(wait);
    this.#note(work, on);
    try {
      return await begin();
    } finally {
      work.waits.delete(wait);
      this.#note(work, on);
    }
  }

  /** Does what belongs to no work, whatever has set it off. */
  apart<Result>(action: () => Result): Result {
    return this.#current.run(undefined, action);
  }

  /** The subject of the work that asks; null: no work does. */
  get about(): Work["about"] | null {
    return this.#current.getStore()?.about ?? null;
  }

  /** All of it, the oldest first. */
  list(): readonly WorkInFlight[] {
    return [...this.#works].map(({ what, about, clock, since, begun, waits }) => ({
      what,
      about,
      age: clock.monotonic() - since,
      begun: stackLines(begun),
      waits: [...waits].map(({ on, since, at }) => ({
        on,
        age: clock.monotonic() - since,
        stack: stackLines(at),
      })),
    }));
  }

  /** The work after whose last sign of life the longest silence followed, since this was asked; null: not known. */
  lastBefore(now: number): LastRan | null {
    this.#compare(now);
    const { mark } = this.#longest;
    this.#longest = { mark: null, silence: 0 };
    return mark;
  }

  #note({ what, about }: Work, on: string | null): void {
    const at = performance.now();
    this.#compare(at);
    this.#mark = { what, about, on, at };
  }

  #compare(now: number): void {
    const silence = now - (this.#mark?.at ?? 0);
    if (silence > this.#longest.silence) this.#longest = { mark: this.#mark, silence };
  }
}

/** Of this process. */
export const inFlight = new InFlight();

export function waitFor<Result>(on: string, begin: () => Promise<Result>): Promise<Result> {
  return inFlight.waitFor(on, begin);
}
