/**
 * The edits of one turn of the loop, each for a record of its own: an edit that is refused, such as a record that
 * could not be read back, leaves the others alone and is gathered as a defect. A state that cannot be written ends
 * the turn.
 */
import { Apart, type DefectSubject, describeSubject } from "../domain/defect.ts";
import { inSlices } from "../lib/in_slices.ts";
import { StoreError } from "../store/store.ts";

interface TurnEdit {
  readonly of: DefectSubject;
  readonly store: () => Promise<unknown>;
}

export class TurnEdits extends Apart {
  constructor() {
    super("storing");
  }

  /** The actions without those of things of which something was refused: what they begin with is not there. */
  allowed<Action>(
    actions: readonly Action[],
    subjectOf: (action: Action) => DefectSubject,
  ): readonly Action[] {
    const refused = new Set(this.defects.map(({ of }) => describeSubject(of)));
    return actions.filter((action) => !refused.has(describeSubject(subjectOf(action))));
  }

  /** Asks for them all, thousands in slices, and waits for them. @throws StoreError */
  async all(edits: readonly TurnEdit[]): Promise<void> {
    const ends: Promise<{ readonly refusal: unknown } | null>[] = [];
    await inSlices(edits, ({ store }) => {
      ends.push(Promise.try(store).then(() => null, (refusal) => ({ refusal })));
    });
    for (const [at, end] of (await Promise.all(ends)).entries()) {
      if (end === null) continue;
      if (end.refusal instanceof StoreError) throw end.refusal;
      this.note(edits[at]!.of, end.refusal);
    }
  }
}
