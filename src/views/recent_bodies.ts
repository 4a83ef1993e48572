/**
 * The last answer to each of a few questions, kept for a second: ages are whole seconds, so a request within that
 * second would only get the same text again. Several dashboards then cost what one does. Answers are made one at a time,
 * so that however many ask for them, those who ask for less have their turn in between.
 */
import { type Instant, SECOND } from "../domain/time.ts";
import { othersTurn } from "../lib/in_slices.ts";

interface Recent {
  readonly tag: string;
  readonly at: Instant;
  readonly body: Promise<unknown>;
  isMade: boolean;
}

/** The number of questions; bodies of thousands of nodes are megabytes. */
const MOST = 8;

export class RecentBodies {
  readonly #recent = new Map<string, Recent>();
  /** Settles with the last one that is being made. */
  #last: Promise<unknown> = Promise.resolve();

  /** The body made for the question while its content had this tag, now or less than a second ago; else makes it. */
  get<Made>(
    question: string,
    { tag, now }: { tag: string; now: Instant },
    make: () => Made | Promise<Made>,
  ): Promise<Made> {
    const known = this.#recent.get(question);
    if (known?.tag === tag && (!known.isMade || now >= known.at && now - known.at < SECOND)) {
      return known.body as Promise<Made>;
    }
    const body = this.#last.then(othersTurn).then(make);
    const recent = { tag, at: now, body, isMade: false };
    this.#last = body.catch(() => {}).finally(() => recent.isMade = true);
    this.#recent.delete(question);
    this.#recent.set(question, recent);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size > MOST) this.#recent.delete(oldest);
    }
    return body;
  }
}
