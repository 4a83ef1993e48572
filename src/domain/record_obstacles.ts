/** The obstacles that the records of nodes and images tell: the step that they wait for, and failed attempts. Pure. */
import { type DibImage, dibStateName } from "./dib_image.ts";
import type { ImageOrder } from "./image_order.ts";
import type { WaitingOn } from "./node.ts";
import type { Obstacle, Refusal } from "./obstacle.ts";
import type { OrderName } from "./order_book.ts";
import { imageStateName, type ProviderImage } from "./provider_image.ts";
import type { Instant } from "./time.ts";

interface Waiter {
  readonly id: number;
  /** Of a subnode: its node's id. */
  readonly parentId?: number | null;
  readonly waitingOn: WaitingOn | null;
  readonly retryAt: Instant | null;
}

/** The step that a record waits for; null: it waits for nothing. */
export function stepOf({ id, parentId, waitingOn, retryAt }: Waiter, now: Instant): Obstacle | null {
  if (waitingOn === null) return null;
  const { reason: on, message, since } = waitingOn;
  if (on === "gone") return { kind: "server-gone", message, since, held: parentId ?? id };
  return { kind: "step", on, message, since, until: retryAt !== null && retryAt > now ? retryAt : null };
}

interface Images {
  readonly now: Instant;
  readonly dibImages: Iterable<DibImage>;
  readonly images: Iterable<ProviderImage>;
  readonly orders: Iterable<ImageOrder>;
}

/** Why an order is not filled yet; empty: nothing is known yet. */
export function obstaclesOfOrder({ provider, image }: OrderName, { now, ...pool }: Images): Refusal[] {
  const building = provider === null
    ? [...pool.dibImages].filter((each) => each.name === image && dibStateName(each) === "building")
    : [...pool.images].filter((each) =>
      each.provider === provider && each.image === image && imageStateName(each) === "building"
    );
  const step = building.map((each) => stepOf(each, now)).findLast((each) => each !== null);
  const order = [...pool.orders].find((each) => each.provider === provider && each.image === image);
  const obstacle = step ?? failedAttempt(order, now);
  return obstacle === null ? [] : [{ provider, obstacle }];
}

function failedAttempt(order: ImageOrder | undefined, now: Instant): Obstacle | null {
  if (order === undefined || order.failures === 0) return null;
  const { failures, lastError, until } = order;
  return {
    kind: "image-failed",
    failures,
    lastError: lastError ?? "it failed",
    until: until !== null && until > now ? until : null,
  };
}
