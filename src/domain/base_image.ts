/** An image that is on the cloud as it is: whether it can be booted, by the newest look at the cloud. */
import type { Catalog } from "./observation.ts";
import type { Obstacle } from "./obstacle.ts";

/** null: it can be, as far as that is known. */
export function obstacleOfBaseImage(wanted: string, images: Catalog["images"]): Obstacle | null {
  const found = images.get(wanted);
  if (found === null) return { kind: "image-missing", image: wanted };
  // While images cannot be looked up, an id is taken as it is.
  if (found === undefined) return isUuid(wanted) ? null : { kind: "image-not-looked-up", image: wanted };
  return found.status === "active"
    ? null
    : { kind: "image-inactive", image: found.name, status: found.status };
}

/** Whether a text is an id as OpenStack gives them, and so no name: images are asked for by either. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}
