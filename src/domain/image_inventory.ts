/**
 * The images of this installation on a cloud as far as they have been seen: the newest listing, and what single looks
 * showed. As with servers (`inventory.ts`), a listing that leaves an image out proves nothing.
 */
import type { ImageSightings, Taken } from "./observation.ts";
import type { CloudImage } from "./server.ts";
import type { Instant } from "./time.ts";

export class ImageInventory {
  /** null: they have not been listed. */
  sightings: ImageSightings | null = null;
  /** The images of the newest listing. */
  #listed: readonly CloudImage[] = [];
  /** Those that only a look of their own showed. */
  readonly #found = new Map<string, CloudImage>();
  readonly #gone = new Set<string>();

  /** Takes in a whole listing. */
  apply({ takenAt, value }: Taken<readonly CloudImage[]>): void {
    const before = this.sightings &&
      { takenAt: this.sightings.takenAt, ids: new Set(this.#listed.map(({ id }) => id)) };
    this.#listed = value;
    for (const { id } of value) {
      this.#found.delete(id);
      this.#gone.delete(id);
    }
    this.#show({ takenAt, before });
  }

  /** Whether listings since that time leave the image out, which is not known to be gone. */
  isUnlisted(id: string, since: Instant): boolean {
    const { sightings } = this;
    if (sightings === null || this.#gone.has(id)) return false;
    return this.#found.has(id) ||
      (sightings.takenAt >= since && !sightings.value.some((image) => image.id === id));
  }

  /** Whether it was found by a look of its own only. */
  isFound(id: string): boolean {
    return this.#found.has(id);
  }

  /** Takes in what the cloud showed when it was asked for that one image. */
  noteFound(image: CloudImage): void {
    if (!this.#listed.some(({ id }) => id === image.id)) this.#found.set(image.id, image);
    this.#show();
  }

  /** The cloud was asked for that one image, and knows no such image. */
  noteGone(id: string): void {
    this.#listed = this.#listed.filter((image) => image.id !== id);
    this.#found.delete(id);
    this.#gone.add(id);
    this.#show();
  }

  /** Forgets what single looks said of images that nothing depends on any more. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#gone) if (!ids.has(id)) this.#gone.delete(id);
    for (const id of this.#found.keys()) if (!ids.has(id)) this.#found.delete(id);
    this.#show();
  }

  #show(fields: Partial<ImageSightings> = {}): void {
    const at = { takenAt: 0, before: null, ...this.sightings, ...fields };
    if (this.sightings === null && fields.takenAt === undefined) return;
    this.sightings = { ...at, value: [...this.#listed, ...this.#found.values()], gone: new Set(this.#gone) };
  }
}
