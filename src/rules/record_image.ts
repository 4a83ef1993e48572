/**
 * Puts an image's new record into an edit together with what follows from it for its order: one that is ready fills
 * it, one that failed makes the next wait, one that is deleted by hand cancels it. Used wherever an image changes.
 */
import type { DibImage } from "../domain/dib_image.ts";
import { dibStateName } from "../domain/dib_image.ts";
import type { ImageOrder } from "../domain/image_order.ts";
import {
  cancelOrder,
  emptyOrder,
  failOrder,
  fillOrder,
  isSince,
  type OrderName,
  placeOrder,
} from "../domain/order_book.ts";
import { imageStateName, type ProviderImage } from "../domain/provider_image.ts";
import type { Instant } from "../domain/time.ts";
import type { Edit } from "../store/draft.ts";

export function recordDibImage(
  edit: Edit,
  { previous, next, now }: { previous: DibImage; next: DibImage | null; now: Instant },
): void {
  if (next === null) return edit.removeDibImage(previous.id);
  edit.putDibImage(next);
  if (dibStateName(previous) !== "building" || dibStateName(next) === "building") return;
  changeOrder(edit, { provider: null, image: next.name }, (order) => {
    const meets = order.orderedAt !== null && isSince(next.version, order.orderedAt);
    return afterEnd(order, next, { meets, now });
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
    return afterEnd(order, next, { meets, isFinal, now });
  });
}

/** Changes an order, or begins with an empty one. */
function changeOrder(
  edit: Edit,
  name: OrderName,
  change: (order: ImageOrder) => ImageOrder,
): void {
  edit.putOrder(change(edit.order(name.provider, name.image) ?? emptyOrder(name)));
}

/** A new one of each is wanted. @param at `builtSince`: of uploads, as the order has it */
export function placeImageOrders(
  edit: Edit,
  names: Iterable<OrderName>,
  { at, builtSince = at }: { at: Instant; builtSince?: Instant | null },
): void {
  for (const name of names) {
    const order = { at, builtSince: name.provider === null ? null : builtSince };
    changeOrder(edit, name, (before) => placeOrder(before, order));
  }
}

/** The order once the image is no longer being built, which ended well, in a failure, by hand, or in between. */
function afterEnd(
  order: ImageOrder,
  image: DibImage | ProviderImage,
  { meets, isFinal = false, now }: { meets: boolean; isFinal?: boolean; now: Instant },
): ImageOrder {
  const { state, version, evidence, deletedBy } = image;
  if (state.phase === "ready") return fillOrder(order, { at: now, version, meets });
  if (deletedBy === "user") return cancelOrder(order);
  // The process ended, or the build that it was about: the order stands.
  if (deletedBy !== "failure" || evidence === null) return order;
  const failed = failOrder(order, { at: now, error: evidence.error });
  return isFinal ? cancelOrder(failed) : failed;
}
