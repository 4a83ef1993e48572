/**
 * The last answer to each of a few questions, kept for a second: ages are whole seconds, so a request within that
 * second would only get the same text again. Several dashboards then cost what one does.
 */
import { type Instant, SECOND } from "../domain/time.ts";
import type { Body } from "./list_body.ts";

interface Recent<Made> {
  readonly tag: string;
  readonly at: Instant;
  readonly body: Made;
}

/** The number of questions; bodies of thousands of nodes are megabytes. */
const MOST = 4;

/** Of those that take a while to make, each is a promise. */
export class RecentBodies<Made extends Body | Promise<Body> = Body> {
  readonly #recent = new Map<string, Recent<Made>>();

  /** The body made for the question while its content had this tag, less than a second ago; else makes it. */
  get(question: string, { tag, now }: { tag: string; now: Instant }, make: () => Made): Made {
    const known = this.#recent.get(question);
    if (known?.tag === tag && now >= known.at && now - known.at < SECOND) return known.body;
    const body = make();
    this.#recent.delete(question);
    this.#recent.set(question, { tag, at: now, body });
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size > MOST) this.#recent.delete(oldest);
    }
    return body;
  }
}
