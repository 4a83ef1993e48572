/**
 * How many uploads run side by side. One that makes no progress is not counted: a provider that hangs must not take a
 * worker from the others. Asked by the executor of images before each upload.
 */
import { type Instant, SECOND } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";

export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

/** An upload that has sent nothing for so long hangs. */
const STALL = 5 * SECOND;

export class UploadWorkers {
  readonly #uploads = new Map<number, UploadProgress & { readonly movedAt: Instant }>();
  readonly #clock: Pick<Clock, "now">;
  readonly #most: number;

  /** @param options `most`: uploads at once */
  constructor({ clock, most }: { clock: Pick<Clock, "now">; most: number }) {
    this.#clock = clock;
    this.#most = most;
  }

  /** How far each upload is, by the image's id. */
  get progress(): ReadonlyMap<number, UploadProgress> {
    return this.#uploads;
  }

  isFree(): boolean {
    return this.#moving().length < this.#most;
  }

  /** When a worker becomes free at the latest if the uploads that have it go no further; null: one is free. */
  get freeAt(): Instant | null {
    if (this.isFree()) return null;
    return Math.min(...this.#moving().map(({ movedAt }) => movedAt)) + STALL;
  }

  begin(imageId: number): Disposable {
    this.#uploads.set(imageId, { sent: 0, total: 0, movedAt: this.#clock.now() });
    return { [Symbol.dispose]: () => void this.#uploads.delete(imageId) };
  }

  note(imageId: number, progress: UploadProgress): void {
    if (this.#uploads.has(imageId)) {
      this.#uploads.set(imageId, { ...progress, movedAt: this.#clock.now() });
    }
  }

  #moving() {
    const now = this.#clock.now();
    return [...this.#uploads.values()].filter(({ movedAt }) => now - movedAt < STALL);
  }
}
