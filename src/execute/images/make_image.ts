/** One attempt each at making an image on a cloud, at a snapshot's keypair, and at deleting either. */
import type { Cloud, ImageRequest } from "../../cloud/cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { type DeletionOrder, type Deletions, isStale } from "../deletions.ts";
import type { AttemptDeps } from "../outcome.ts";
import {
  imageFailure,
  type ImageOutcome,
  imagePostponed,
  nextAttempt,
  refusalOutcome,
} from "./image_outcome.ts";

type CloudAttempt = AttemptDeps & { readonly cloud: Cloud };

export async function executeCreateImage(
  image: ProviderImage,
  { request, cloud, clock, signal }: CloudAttempt & { request: ImageRequest },
): Promise<ImageOutcome> {
  try {
    const { id } = await cloud.createImage(request, { signal });
    return { type: "accepted", externalId: id };
  } catch (error) {
    if (signal.aborted) return { type: "answer-lost" };
    return refusalOutcome(error, { attempt: image.attempt, now: clock.now() });
  }
}

export async function executeCreateSnapshot(
  { attempt, hostname: name }: ProviderImage,
  { serverId, properties, cloud, clock, signal }: CloudAttempt & {
    serverId: string;
    properties: Readonly<Record<string, string>>;
  },
): Promise<ImageOutcome> {
  try {
    const { id } = await cloud.createSnapshot({ serverId, name, properties }, { signal });
    return { type: "accepted", externalId: id };
  } catch (error) {
    if (signal.aborted) return { type: "answer-lost" };
    const how = { attempt, now: clock.now() };
    const outcome = refusalOutcome(error, how);
    if (outcome.type !== "failed") return outcome;
    // The planner gives it up after some refusals.
    const waitingOn = { reason: "retry", message: (error as Error).message } as const;
    return { type: "refused", until: nextAttempt(error, how), waitingOn };
  }
}

/** The record holds the keypair already; one that is there is the one that an earlier attempt made. */
export async function executeCreateKeypair(
  image: ProviderImage,
  { cloud, clock, signal }: CloudAttempt,
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
