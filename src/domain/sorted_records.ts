/** Records in the order of a key, then of their ids, kept as they come and go. A record's key never changes. */
interface Identified {
  readonly id: number;
}

export class SortedRecords<Entity extends Identified> {
  readonly #keyOf: (record: Entity) => number;
  readonly #records: Entity[] = [];

  constructor(keyOf: (record: Entity) => number) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#records.length;
  }

  [Symbol.iterator](): IteratorObject<Entity> {
    return this.#records.values();
  }

  /** Those with the smallest keys first. */
  values(): IteratorObject<Entity> {
    return this.#records.values();
  }

  at(index: number): Entity | undefined {
    return this.#records.at(index);
  }

  add(record: Entity): void {
    this.#records.splice(this.#placeOf(this.#keyOf(record), record.id), 0, record);
  }

  /** Puts what a record has become in its place; null: it is gone. */
  replace(record: Entity, next: Entity | null): void {
    const key = this.#keyOf(record);
    const place = this.#placeOf(key, record.id);
    if (next !== null && this.#keyOf(next) === key) this.#records[place] = next;
    else {
      this.#records.splice(place, 1);
      if (next !== null) this.add(next);
    }
  }

  /** How many have a larger key. */
  countAbove(key: number): number {
    return this.size - this.#placeOf(key, Infinity);
  }

  /** Those with the largest keys first. */
  *backwards(): Generator<Entity> {
    for (let at = this.#records.length - 1; at >= 0; at--) yield this.#records[at]!;
  }

  #placeOf(key: number, id: number): number {
    let [low, high] = [0, this.#records.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#records[middle]!;
      const otherKey = this.#keyOf(other);
      if (otherKey < key || (otherKey === key && other.id < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
