/**
 * The edits of one turn of the loop, each for a record of its own: an edit that is refused, such as a record that
 * could not be read back, leaves the others alone and is gathered as a defect. A state that cannot be written ends
 * the turn.
 */
import { Apart, type DefectSubject, describeSubject } from "../domain/defect.ts";
import { inSlices } from "../lib/in_slices.ts";
import { StoreError } from "../store/store.ts";

/** Why an edit was not stored. */
interface Refused {
  readonly of: DefectSubject;
  readonly error: unknown;
}

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
    const refusals: Promise<Refused | null>[] = [];
    await inSlices(edits, (edit) => refusals.push(refusalOf(edit)));
    for (const refusal of await Promise.all(refusals)) {
      if (refusal === null) continue;
      if (refusal.error instanceof StoreError) throw refusal.error;
      this.note(refusal.of, refusal.error);
    }
  }
}

/** null: it is stored. */
async function refusalOf({ of, store }: TurnEdit): Promise<Refused | null> {
  try {
    await store();
    return null;
  } catch (error) {
    return { of, error };
  }
}
