/**
 * The edits of one turn of the loop, each for a record of its own: an edit that is refused, such as a record that
 * could not be read back, leaves the others alone and is gathered as a defect. A state that cannot be written ends
 * the turn.
 */
import { Apart, type DefectSubject } from "../domain/defect.ts";
import { StoreError } from "../store/store.ts";

interface TurnEdit {
  readonly of: DefectSubject;
  readonly store: () => Promise<unknown>;
}

export class TurnEdits extends Apart {
  constructor() {
    super("storing");
  }

  /** Asks for them all at once and waits for them. @throws StoreError */
  async all(edits: readonly TurnEdit[]): Promise<void> {
    const results = await Promise.allSettled(edits.map(async ({ store }) => await store()));
    for (const [index, result] of results.entries()) {
      if (result.status === "fulfilled") continue;
      if (result.reason instanceof StoreError) throw result.reason;
      this.note(edits[index]!.of, result.reason);
    }
  }
}
