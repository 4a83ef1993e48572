/**
 * Puts an image's new record into an edit together with what follows from it for its order: one that is ready fills
 * it, one that failed makes the next wait, one that is deleted by hand cancels it. Used wherever an image changes.
 */
import type { DibImage } from "../domain/dib_image.ts";
import { dibStateName } from "../domain/dib_image.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import { cancelOrder, emptyOrder, failOrder, fillOrder, isSince } from "../domain/order_book.ts";
import { imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import type { Instant } from "../domain/time.ts";
import type { Edit } from "../store/draft.ts";

/** How the building of an image ended, where a change ends it. */
type End =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly error: string; readonly isFinal: boolean }
  | { readonly type: "deleted" }
  /** The process ended, or the build that it was about: the order stands. */
  | { readonly type: "interrupted" };

export function recordDibImage(
  edit: Edit,
  { previous, next, now }: { previous: DibImage; next: DibImage | null; now: Instant },
): void {
  if (next === null) return edit.removeDibImage(previous.id);
  edit.putDibImage(next);
  if (dibStateName(previous) !== "building" || dibStateName(next) === "building") return;
  const { version } = next;
  changeOrder(edit, { provider: null, image: next.name }, (order) => {
    const meets = order.orderedAt !== null && isSince(version, order.orderedAt);
    return afterEnd(order, { end: endOf(next), version, meets, now });
  });
}

export function recordImage(
  edit: Edit,
  { previous, next, now, isFinal = false }: {
    previous: ProviderImage;
    next: ProviderImage | null;
    now: Instant;
    /** Whether it failed in a way in which another like it would fail too. */
    isFinal?: boolean;
  },
): void {
  if (next === null) return edit.removeImage(previous.id);
  edit.putImage(next);
  if (imageStateName(previous) !== "building" || imageStateName(next) === "building") return;
  const { version, source } = next;
  changeOrder(edit, { provider: next.provider, image: next.image }, (order) => {
    const meets = source.type === "upload"
      ? isSince(source.dibVersion, order.builtSince)
      : isSince(version, order.orderedAt);
    return afterEnd(order, { end: endOf(next, isFinal), version, meets, now });
  });
}

/** Changes an order, or begins with an empty one. */
export function changeOrder(
  edit: Edit,
  name: Pick<ImageOrder, "provider" | "image">,
  change: (order: ImageOrder) => ImageOrder,
): void {
  edit.putOrder(change(edit.order(name.provider, name.image) ?? emptyOrder(name)));
}

function endOf(image: DibImage | ProviderImage, isFinal = false): End {
  if (image.state.phase === "ready") return { type: "ready" };
  const { evidence, deletedBy } = image;
  if (deletedBy === "failure" && evidence !== null) return { type: "failed", error: evidence.error, isFinal };
  return { type: deletedBy === "user" ? "deleted" : "interrupted" };
}

function afterEnd(
  order: ImageOrder,
  { end, version, meets, now }: { end: End; version: number; meets: boolean; now: Instant },
): ImageOrder {
  switch (end.type) {
    case "ready":
      return fillOrder(order, { at: now, version, meets });
    case "failed": {
      const failed = failOrder(order, { at: now, error: end.error });
      return end.isFinal ? cancelOrder(failed) : failed;
    }
    case "deleted":
      return cancelOrder(order);
    case "interrupted":
      return order;
  }
}
