/**
 * When each page last changed, for clients that ask with `If-Modified-Since`. HTTP tells whole seconds: of a page that
 * changed twice within one, that second does not say which of both a client has.
 */

interface Change {
  readonly tag: string;
  /** Unix time in seconds. */
  readonly at: number;
  /** Whether it said something else earlier in that second. */
  readonly isSecond: boolean;
}

/** Questions that are remembered; one that was forgotten counts as changed now. */
const MOST = 100;

export class LastModified {
  readonly #changes = new Map<string, Change>();

  /** @param state `tag`: another one for other contents; `now`: seconds by the machine's clock */
  of(question: string, { tag, now }: { tag: string; now: number }): Omit<Change, "tag"> {
    const known = this.#changes.get(question);
    if (known?.tag === tag) return known;
    // A clock that was set back makes nothing older than what clients have.
    const at = Math.max(now, known?.at ?? 0);
    const change = { tag, at, isSecond: known?.at === at };
    this.#changes.delete(question);
    this.#changes.set(question, change);
    for (const oldest of this.#changes.keys()) {
      if (this.#changes.size > MOST) this.#changes.delete(oldest);
    }
    return change;
  }
}
