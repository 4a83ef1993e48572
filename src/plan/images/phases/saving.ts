/** An image that has all it needs: the cloud makes it active, and what it has must be what was sent. */
import type { ImageFile } from "../../../domain/dib_image.ts";
import type { CloudImage } from "../../../domain/server.ts";
import { HOUR } from "../../../domain/time.ts";
import type { ImageSituation, ImageStep } from "../image_step.ts";

/** 2016's Nodepool gave an image as long. */
const LONGEST = 6 * HOUR;

/** Glance's names for an image that came to nothing. */
const ENDED: ReadonlySet<string> = new Set(["killed", "deleted", "pending_delete", "error"]);

export function planSaving({ image, state, world, use, seen }: ImageSituation<"saving">): ImageStep {
  const fail = (error: string): ImageStep => ({
    do: "change",
    event: {
      type: "failed",
      comment: error,
      evidence: { at: world.now, error, kind: "image", requestId: null, fault: null, console: null },
    },
  });
  const found = seen.images?.value.find(({ id }) => id === state.externalId);
  if (seen.images?.gone.has(state.externalId)) {
    return fail(`image ${state.externalId} is no longer on the cloud`);
  }
  if (found === undefined) return { do: "wait", reason: "saving", message: "the image is not listed yet" };
  if (ENDED.has(found.status)) {
    return fail(`image ${state.externalId} became ${found.status} on the cloud`);
  }
  if (found.status === "active") {
    const difference = whyDifferent(found, fileOf({ image, world }));
    if (difference !== null) return fail(difference);
    return { do: "change", event: { type: "active", check: (use?.checkScript ?? null) !== null } };
  }
  const deadline = image.phaseSince + LONGEST;
  if (world.now >= deadline && !seen.troubles.has("images")) {
    return fail(
      `image ${state.externalId} did not become active within ${LONGEST / HOUR} h (${found.status})`,
    );
  }
  return { do: "wait", reason: "saving", message: `the image is ${found.status}`, until: deadline };
}

function fileOf({ image, world }: Pick<ImageSituation, "image" | "world">): ImageFile | null {
  if (image.source.type !== "upload") return null;
  const { dibImageId, format } = image.source;
  const build = world.dibImages.get(dibImageId);
  return build?.state.phase === "ready"
    ? build.state.files.find((file) => file.format === format) ?? null
    : null;
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
