/**
 * How many uploads run side by side at each place that sends them. One that makes no progress is not counted: a
 * provider that hangs must not take a worker from the others. Asked by the executor of images before each upload.
 */
import { type Instant, SECOND } from "../../domain/time.ts";
import type { Clock } from "../../lib/clock.ts";
import type { BuildSite } from "./build_site.ts";

export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

/** An upload that has sent nothing for this long hangs. */
const STALL = 5 * SECOND;

/** Who sends them, and how many at once. */
type UploadPlace = Pick<BuildSite, "builder" | "uploadWorkers">;

interface RunningUpload extends UploadProgress {
  readonly place: UploadPlace;
  readonly movedAt: Instant;
}

export class UploadWorkers {
  readonly #uploads = new Map<number, RunningUpload>();
  readonly #clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** How far each upload is, by the image's id. */
  get progress(): ReadonlyMap<number, UploadProgress> {
    return this.#uploads;
  }

  isFree({ builder, uploadWorkers }: UploadPlace): boolean {
    return this.#moving().filter(({ place }) => place.builder?.id === builder?.id).length < uploadWorkers;
  }

  /**
   * When a worker of a busy place becomes free at the latest if the uploads that have it go no further; null: no place
   * is busy.
   */
  get freeAt(): Instant | null {
    const busy = this.#moving().filter(({ place }) => !this.isFree(place));
    return busy.length === 0 ? null : Math.min(...busy.map(({ movedAt }) => movedAt)) + STALL;
  }

  begin(imageId: number, place: UploadPlace): Disposable {
    this.#uploads.set(imageId, { place, sent: 0, total: 0, movedAt: this.#clock.now() });
    return { [Symbol.dispose]: () => void this.#uploads.delete(imageId) };
  }

  note(imageId: number, progress: UploadProgress): void {
    const upload = this.#uploads.get(imageId);
    if (upload !== undefined) {
      this.#uploads.set(imageId, { ...upload, ...progress, movedAt: this.#clock.now() });
    }
  }

  #moving() {
    const now = this.#clock.now();
    return [...this.#uploads.values()].filter(({ movedAt }) => now - movedAt < STALL);
  }
}
