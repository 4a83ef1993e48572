/** One attempt each at making an image on a cloud, at a snapshot's keypair, and at deleting either. */
import type { Cloud } from "../../cloud/cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { type DeletionOrder, type Deletions, isStale } from "../deletions.ts";
import type { AttemptDeps } from "../outcome.ts";
import { imageFailure, type ImageOutcome, imagePostponed, refusalOutcome } from "./image_outcome.ts";

/** @param ask the request, which is made once */
export async function executeCreation(
  { attempt }: ProviderImage,
  { ask, isAskedAgain, clock, signal }: AttemptDeps & {
    ask: () => Promise<{ id: string }>;
    /** Whether no refusal is final: the planner gives it up after some. */
    isAskedAgain: boolean;
  },
): Promise<ImageOutcome> {
  try {
    return { type: "accepted", externalId: (await ask()).id };
  } catch (error) {
    if (signal.aborted) return { type: "answer-lost" };
    return refusalOutcome(error, { attempt, now: clock.now(), isAskedAgain });
  }
}

/** The record holds the keypair already; one that is there is the one that an earlier attempt made. */
export async function executeCreateKeypair(
  image: ProviderImage,
  { cloud, clock, signal }: AttemptDeps & { cloud: Cloud },
): Promise<ImageOutcome> {
  if (image.keypair === null) throw new Error(`image ${image.id} needs no keypair`);
  const { name, publicKey } = image.keypair;
  try {
    await cloud.createKeypair({ name, publicKey }, { signal });
    return { type: "keypair-made" };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CloudError && error.kind === "conflict") return { type: "keypair-made" };
    const isFinal = error instanceof CloudError && (error.kind === "badRequest" || error.kind === "quota");
    if (isFinal) return imageFailure(error, clock.now());
    return imagePostponed(error, { image, clock, signal, reason: "retry" });
  }
}

/**
 * Asks for the deletion of what an image has on its cloud; whether that is gone is for a listing to say, and what is in use
 * is asked for again later.
 * @param done the outcome where it was asked for. @returns null: nothing has become of it
 */
export async function executeDeletion(
  image: ProviderImage,
  { thing, done, deletions, clock, signal }: AttemptDeps & {
    thing: Pick<DeletionOrder, "kind" | "id" | "name">;
    done: ImageOutcome;
    deletions: Deletions;
  },
): Promise<ImageOutcome | null> {
  try {
    await deletions.carryOut({ ...thing, of: { type: "image", image } }, { signal });
    return done;
  } catch (error) {
    if (isStale(error)) return null;
    return imagePostponed(error, { image, clock, signal, reason: "delete" });
  }
}
