/** An image whose data is complete: the cloud makes it active, and must have what was sent. Then it is ready. */
import { fileOfBuild, type ImageFile } from "../../../domain/dib_image.ts";
import type { CloudImage } from "../../../domain/server.ts";
import { HOUR } from "../../../domain/time.ts";
import type { ImageSituation, ImageStep } from "../image_step.ts";
import { change, wait } from "../../follow_ladder.ts";
import { LISTING_SETTLE } from "../../node_step.ts";
import { planKeypairRemoval } from "./delete.ts";
import { buildOf, failedImage } from "./upload.ts";

/** 2016's Nodepool gave an image as long. */
const LONGEST = 6 * HOUR;
/** As long as the answer to an upload is waited for. */
const LONGEST_UNANSWERED = HOUR;

/** Glance's names for an image that came to nothing. */
const ENDED: ReadonlySet<string> = new Set(["killed", "deleted", "pending_delete", "error"]);

export function planSaving({ image, state, world, use, seen }: ImageSituation<"saving">): ImageStep {
  const fail = (error: string) => failedImage(error, { kind: "image", at: world.now });
  const { externalId } = state;
  const found = seen.images?.value.find(({ id }) => id === externalId);
  if (seen.images?.gone.has(externalId)) return fail(`image ${externalId} is no longer on the cloud`);
  if (found === undefined) return wait("saving", "the image is not listed yet");
  if (ENDED.has(found.status)) return fail(`image ${externalId} became ${found.status} on the cloud`);
  // Glance takes back an image whose data it could not store.
  const isTakenBack = found.status === "queued" && image.evidence !== null &&
    (seen.images?.takenAt ?? -Infinity) >= image.phaseSince + LISTING_SETTLE;
  if (isTakenBack) return change({ type: "failed", comment: image.evidence.error, evidence: image.evidence });
  if (found.status === "active") {
    const difference = whyDifferent(found, fileOf({ image, world }));
    if (difference !== null) return fail(difference);
    return change({ type: "active", check: (use?.checkScript ?? null) !== null });
  }
  const longest = image.evidence === null ? LONGEST : LONGEST_UNANSWERED;
  const deadline = image.phaseSince + longest;
  if (world.now >= deadline && !seen.troubles.has("images")) {
    return fail(`image ${externalId} did not become active within ${longest / HOUR} h (${found.status})`);
  }
  return wait("saving", `the image is ${found.status}`, deadline);
}

/** Servers are booted from it, or it waits in case the newer one is bad. */
export function planImageReady({ image, state, world, seen }: ImageSituation<"ready">): ImageStep {
  if (seen.images?.gone.has(state.externalId)) {
    const comment = `image ${state.externalId} is no longer on the cloud`;
    return change({ type: "delete", by: "cloud", comment });
  }
  return planKeypairRemoval({ image, world }) ?? { do: "stay" };
}

function fileOf({ image, world }: Pick<ImageSituation, "image" | "world">): ImageFile | null {
  const build = buildOf({ image, world });
  return build === undefined || image.source.type !== "upload"
    ? null
    : fileOfBuild(build, image.source.format);
}

/** A cloud that converts images has other data afterwards and says so by another format, not by this. */
function whyDifferent({ id, size, checksum, hash }: CloudImage, file: ImageFile | null): string | null {
  if (file === null) return null;
  if (size !== null && size !== file.size) {
    return `image ${id} has ${size} bytes on the cloud, ${file.size} were sent`;
  }
  const other = checksum !== null && checksum !== file.md5
    ? ["MD5", checksum, file.md5]
    : hash?.algorithm === "sha512" && hash.value !== file.sha512
    ? ["SHA-512", hash.value, file.sha512]
    : null;
  return other === null ? null : `image ${id} has the ${other[0]} ${other[1]} on the cloud, not ${other[2]}`;
}
