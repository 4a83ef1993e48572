/**
 * How many actions of a kind may be under way at once for each provider. What finds no place is dropped: the next
 * plan asks for it again, so that nothing waits in a queue that only a process knows.
 */
import type { ActionType } from "../plan/action.ts";

/** Requests to the cloud queue at its rate limit; logins cost CPU at both ends and may hang. */
const PLACES: Readonly<Record<ActionType, number>> = {
  "create-server": 16,
  "delete-server": 16,
  "create-floating-ip": 8,
  "delete-floating-ip": 8,
  "login": 48,
  "give-up": 8,
};

export class Lanes {
  readonly #keys = new Set<string>();
  readonly #used = new Map<string, number>();

  /** Takes a place for the work of that key; null where it is under way already or its lane is full. */
  enter(
    key: string,
    { provider, type, most }: { provider: string; type: ActionType; most?: number },
  ): Disposable | null {
    const lane = `${provider} ${type}`;
    const used = this.#used.get(lane) ?? 0;
    if (this.#keys.has(key) || used >= Math.min(PLACES[type], most ?? Infinity)) return null;
    this.#keys.add(key);
    this.#used.set(lane, used + 1);
    return {
      [Symbol.dispose]: () => {
        this.#keys.delete(key);
        this.#used.set(lane, (this.#used.get(lane) ?? 1) - 1);
      },
    };
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }
}
