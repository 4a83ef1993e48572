/** An image that is being deleted: it is gone only when the cloud says so and nothing that was made with it is left. */
import { MINUTE } from "../../../domain/time.ts";
import type { ImageActionType } from "../image_action.ts";
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { findMarked, imageWouldBeListed, underWay, whyNotReached } from "./upload.ts";
import { act, awaitRetry, change, wait } from "../../follow_ladder.ts";

/** The work that ends when an image is deleted in the middle of it. */
const ENDED: readonly ImageActionType[] = [
  "create-image",
  "upload-image",
  "create-keypair",
  "run-setup",
  "create-snapshot",
  "run-check",
];

/** A deletion that a cloud accepts and does not carry out is asked for again after that. */
const REPEAT = 10 * MINUTE;

export function planDelete(situation: ImageSituation<"delete">): ImageStep {
  const { image, state, world, seen } = situation;
  if (ENDED.some((type) => world.isRunning(type, image.id))) {
    return wait("delete", "its work in progress is being stopped");
  }
  const unreached = whyNotReached({ image, world, seen }, "delete");
  if (unreached !== null) return unreached;
  const keypair = planKeypairRemoval({ image, world });
  if (keypair !== null) return keypair;
  if (state.externalId === null) return planUnknown(situation);
  if (world.booting.has(`${image.provider} ${state.externalId}`)) {
    return wait("delete", "a server is being booted from it");
  }
  return planKnown(situation, state.externalId);
}

/** The keypair goes as soon as no server is to be booted with it. */
export function planKeypairRemoval(
  { image, world }: Pick<ImageSituation, "image" | "world">,
): ImageStep | null {
  if (image.keypair === null) return null;
  const action = { type: "delete-keypair", image, keypair: image.keypair.name } as const;
  return underWay(action, world) ?? awaitRetry(image, { now: world.now, reason: "delete" }) ?? act(action);
}

function planKnown({ image, state, world, seen }: ImageSituation<"delete">, externalId: string): ImageStep {
  const action = { type: "delete-image", image, externalId } as const;
  const going = underWay(action, world);
  if (going !== null) return going;
  if (seen.images?.gone.has(externalId)) return ended({ image, world });
  const again = state.acceptedAt === null ? world.now : state.acceptedAt + REPEAT;
  if (world.now >= again) return act(action);
  const message = `the cloud is deleting image ${externalId}`;
  return wait("delete", message, again);
}

/** No image is known. One may still turn up where a request got no answer. */
function planUnknown({ image, state, world, seen }: ImageSituation<"delete">): ImageStep {
  const found = findMarked({ image, world, seen });
  if (found !== null) return change({ type: "accepted", externalId: found.id });
  if (state.lostAt === null || imageWouldBeListed(seen, state.lostAt)) return ended({ image, world });
  return wait("listing", "the next listing shows whether there is an image");
}

function ended({ image, world }: Pick<ImageSituation, "image" | "world">): ImageStep {
  const [server] = world.workers.get(image.id) ?? [];
  if (server === undefined) return change({ type: "image-gone" });
  return wait("server", `its server, node ${server.id}, is being deleted`);
}
