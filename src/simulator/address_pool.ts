/** The addresses of one 127.N.0.0/16: each given out to one holder at a time, the longest unused first. */
export class AddressPool {
  readonly #block: number;
  readonly #used = new Set<number>();
  #next = FIRST_HOST;

  constructor(block: number) {
    this.#block = block;
  }

  /** The next free address; null where all are taken. */
  take(): string | null {
    if (this.#used.size > LAST_HOST - FIRST_HOST) return null;
    while (this.#used.has(this.#next)) this.#step();
    const host = this.#next;
    this.#used.add(host);
    this.#step();
    return `127.${this.#block}.${host >> 8}.${host & 255}`;
  }

  release(address: string): void {
    const [, , high, low] = address.split(".").map(Number);
    this.#used.delete((high! << 8) | low!);
  }

  #step(): void {
    this.#next = this.#next === LAST_HOST ? FIRST_HOST : this.#next + 1;
  }
}

/** .0.0 is the network, .0.1 its gateway. */
const FIRST_HOST = 2;
/** .255.255 is the broadcast address. */
const LAST_HOST = 0xfffe;
