/**
 * How image orders change: one is placed, an attempt came to something or to nothing. Pure; commands, crons and the
 * records of images go through here.
 */
import { backoff } from "./backoff.ts";
import type { ImageOrder } from "./image_order.ts";
import { HOUR, type Instant, MINUTE, SECOND } from "./time.ts";

/** Which order: of a provider's image, or (provider null) of a diskimage. */
export type OrderName = Pick<ImageOrder, "provider" | "image">;

/** The first failure waits so long, each further one twice as long, up to the longest. */
const FIRST_PAUSE = 1 * MINUTE;
const LONGEST_PAUSE = 3 * HOUR;

export function emptyOrder({ provider, image }: OrderName): ImageOrder {
  return {
    provider,
    image,
    orderedAt: null,
    builtSince: null,
    doneAt: null,
    doneVersion: null,
    failures: 0,
    until: null,
    lastError: null,
    lastFailureAt: null,
  };
}

/** A new one is wanted. An order by hand does not wait for the end of a pause. */
export function placeOrder(
  order: ImageOrder,
  { at, builtSince }: { at: Instant; builtSince: Instant | null },
): ImageOrder {
  return { ...order, orderedAt: at, builtSince, until: null };
}

/** Nobody wants a new one any more. */
export function cancelOrder(order: ImageOrder): ImageOrder {
  return { ...order, orderedAt: null, builtSince: null };
}

/** One became ready; `meets` tells whether it is what was ordered. */
export function fillOrder(
  order: ImageOrder,
  { at, version, meets }: { at: Instant; version: number; meets: boolean },
): ImageOrder {
  const done = { doneAt: at, doneVersion: Math.max(order.doneVersion ?? 0, version) };
  const mended = { failures: 0, until: null, lastError: null };
  return { ...(meets ? cancelOrder(order) : order), ...done, ...mended };
}

/** An attempt came to nothing: the next one waits. */
export function failOrder(order: ImageOrder, { at, error }: { at: Instant; error: string }): ImageOrder {
  const pause = backoff({ failures: order.failures + 1, base: FIRST_PAUSE, max: LONGEST_PAUSE });
  return {
    ...order,
    failures: order.failures + 1,
    until: at + pause,
    lastError: error,
    lastFailureAt: at,
  };
}

/** Whether something decided on at that version (Unix seconds) is new enough for what was asked for then. */
export function isSince(version: number, since: Instant | null): boolean {
  return since === null || version >= Math.floor(since / SECOND);
}
