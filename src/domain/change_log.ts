/**
 * Which things have changed, in order: a reader that remembers its place learns what is new without looking at
 * everything. Old entries are forgotten; a reader that missed some is told so.
 */
export class ChangeLog<Key> {
  #entries: Key[] = [];
  #forgotten = 0;

  /** The position after the newest change. */
  get end(): number {
    return this.#forgotten + this.#entries.length;
  }

  add(key: Key): void {
    this.#entries.push(key);
    if (this.#entries.length < 2 * KEPT) return;
    this.#entries = this.#entries.slice(KEPT);
    this.#forgotten += KEPT;
  }

  /** The changes since that position, with repetitions; null: they are no longer remembered. */
  since(position: number): readonly Key[] | null {
    return position < this.#forgotten ? null : this.#entries.slice(position - this.#forgotten);
  }
}

/** At least this number of changes is remembered. */
const KEPT = 2_000;
