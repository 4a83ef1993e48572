/** Marks images for deletion: each id has its own outcome and none stops the others. With a daemon and without one. */
import { transitionDib } from "../domain/dib_transition.ts";
import { transitionImage } from "../domain/image_transition.ts";
import { imageStateName } from "../domain/provider_image.ts";
import { recordDibImage, recordImage } from "../rules/record_image.ts";
import type { Clock } from "../lib/clock.ts";
import type { Ledger } from "../store/ledger.ts";
import type { IdOutcome } from "./operation.ts";

interface Deps {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export function deleteImages(
  ids: readonly number[],
  { comment }: { comment: string },
  { ledger, clock }: Deps,
): Promise<readonly IdOutcome[]> {
  return each(ids, (id) =>
    ledger.edit((edit): IdOutcome => {
      const image = edit.image(id);
      if (image === null || image.state.phase === "gone") return missing(id, "image");
      if (imageStateName(image) === "delete") return { id, ok: true, message: "already being deleted" };
      const now = clock.now();
      recordImage(edit, {
        previous: image,
        next: transitionImage(image, { type: "delete", by: "user", comment }, now),
        now,
      });
      return { id, ok: true, message: "marked for deletion" };
    }));
}

export function deleteDibImages(
  ids: readonly number[],
  { comment }: { comment: string },
  { ledger, clock }: Deps,
): Promise<readonly IdOutcome[]> {
  return each(ids, (id) =>
    ledger.edit((edit): IdOutcome => {
      const image = edit.dibImage(id);
      if (image === null) return missing(id, "dib image");
      if (image.state.phase === "delete") return { id, ok: true, message: "already being deleted" };
      const now = clock.now();
      recordDibImage(edit, {
        previous: image,
        next: transitionDib(image, { type: "delete", by: "user", comment }, now),
        now,
      });
      return { id, ok: true, message: "marked for deletion" };
    }));
}

function each(
  ids: readonly number[],
  change: (id: number) => Promise<IdOutcome>,
): Promise<readonly IdOutcome[]> {
  return Promise.all(ids.map(change));
}

function missing(id: number, what: string): IdOutcome {
  return { id, ok: false, message: `there is no ${what} ${id}` };
}
