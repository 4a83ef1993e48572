/** Marks images for deletion: each id has its own outcome and none stops the others. With a daemon and without one. */
import { transitionDib } from "../domain/dib_transition.ts";
import { transitionImage } from "../domain/image_transition.ts";
import type { Instant } from "../domain/time.ts";
import { imageStateName } from "../domain/provider_image.ts";
import { recordDibImage, recordImage } from "../rules/record_image.ts";
import type { Clock } from "../lib/clock.ts";
import type { Edit } from "../store/draft.ts";
import type { Ledger } from "../store/ledger.ts";
import type { IdOutcome } from "./operation.ts";

interface Deps {
  readonly ledger: Ledger;
  readonly clock: Clock;
}

export function deleteImages(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: Deps,
): Promise<readonly IdOutcome[]> {
  return markEach(ids, deps, (edit, { id, now }) => {
    const image = edit.image(id);
    if (image === null || image.state.phase === "gone") return missing(id, "image");
    if (imageStateName(image) === "delete") return { id, ok: true, message: "already being deleted" };
    const next = transitionImage(image, { type: "delete", by: "user", comment }, now);
    recordImage(edit, { previous: image, next, now });
    return null;
  });
}

export function deleteDibImages(
  ids: readonly number[],
  { comment }: { comment: string },
  deps: Deps,
): Promise<readonly IdOutcome[]> {
  return markEach(ids, deps, (edit, { id, now }) => {
    const image = edit.dibImage(id);
    if (image === null) return missing(id, "dib image");
    if (image.state.phase === "delete") return { id, ok: true, message: "already being deleted" };
    const next = transitionDib(image, { type: "delete", by: "user", comment }, now);
    recordDibImage(edit, { previous: image, next, now });
    return null;
  });
}

/** @param mark null: it has marked it */
function markEach(
  ids: readonly number[],
  { ledger, clock }: Deps,
  mark: (edit: Edit, one: { id: number; now: Instant }) => IdOutcome | null,
): Promise<readonly IdOutcome[]> {
  const done = (id: number): IdOutcome => ({ id, ok: true, message: "marked for deletion" });
  return Promise.all(
    ids.map((id) => ledger.edit((edit) => mark(edit, { id, now: clock.now() }) ?? done(id))),
  );
}

function missing(id: number, what: string): IdOutcome {
  return { id, ok: false, message: `there is no ${what} ${id}` };
}
