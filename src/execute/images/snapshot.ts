/** One attempt at a snapshot's keypair, at its deletion, and at the snapshot itself. */
import type { Cloud } from "../../cloud/cloud.ts";
import { CloudError } from "../../domain/cloud_error.ts";
import type { ProviderImage } from "../../domain/provider_image.ts";
import { type Deletions, isStale } from "../deletions.ts";
import type { AttemptDeps } from "../outcome.ts";
import {
  imageFailure,
  type ImageOutcome,
  imagePostponed,
  nextAttempt,
  refusalOutcome,
} from "./image_outcome.ts";

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

export async function executeDeleteKeypair(
  image: ProviderImage,
  { keypair, deletions, clock, signal }: AttemptDeps & { keypair: string; deletions: Deletions },
): Promise<ImageOutcome | null> {
  try {
    await deletions.carryOut({ kind: "keypair", id: keypair, name: keypair, of: { type: "image", image } }, {
      signal,
    });
    return { type: "keypair-gone" };
  } catch (error) {
    if (isStale(error)) return null;
    return imagePostponed(error, { image, clock, signal, reason: "delete" });
  }
}

export async function executeCreateSnapshot(
  image: ProviderImage,
  { serverId, properties, cloud, clock, signal }: AttemptDeps & {
    cloud: Cloud;
    serverId: string;
    properties: Readonly<Record<string, string>>;
  },
): Promise<ImageOutcome> {
  try {
    const { id } = await cloud.createSnapshot({ serverId, name: image.hostname, properties }, { signal });
    return { type: "accepted", externalId: id };
  } catch (error) {
    if (signal.aborted) return { type: "answer-lost" };
    const outcome = refusalOutcome(error, { attempt: image.attempt, now: clock.now() });
    return outcome.type === "failed" ? refusedOnce(error, image, clock.now()) : outcome;
  }
}

/** The planner gives it up after some refusals. */
function refusedOnce(error: unknown, { attempt }: ProviderImage, now: number): ImageOutcome {
  const message = error instanceof Error ? error.message : String(error);
  const waitingOn = { reason: "retry", message } as const;
  return { type: "refused", until: nextAttempt(error, { attempt, now }), waitingOn };
}
