/**
 * The edits of one turn of the loop, each in a room of its own: one that is refused, such as for a record that could not
 * be read back, leaves the others alone, and is told once the turn is over. A state that cannot be written ends the turn.
 */
import { StoreError } from "../store/store.ts";

export class TurnEdits {
  #defect: { readonly error: unknown } | null = null;

  /** Waits for them all. @throws StoreError */
  async all(edits: readonly Promise<unknown>[]): Promise<void> {
    for (const result of await Promise.allSettled(edits)) {
      if (result.status === "fulfilled") continue;
      if (result.reason instanceof StoreError) throw result.reason;
      this.#defect ??= { error: result.reason };
    }
  }

  /** To be called at the end of the turn. @throws what the first refused edit threw */
  report(): void {
    if (this.#defect !== null) throw this.#defect.error;
  }
}
