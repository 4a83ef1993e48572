/**
 * The images of one cloud: its stock, which belongs to the admin project, and those that requests made, which belong
 * to the user's. Plans what becomes of an image when its data comes; faults change the plan afterwards. A deleted
 * image is forgotten at once, as Glance tells of none. The API files and `CloudState` are its callers.
 */
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { ContentRoom } from "./image_intake.ts";
import { ApiRefusal } from "./api_refusal.ts";
import { type CloudSettings, sampleSpread } from "./settings.ts";
import {
  type ImageAtBoot,
  type ImageFields,
  type SimulatedImage,
  snapshotTaskAt,
  type StoredData,
} from "./simulated_image.ts";
import { nameId, type Stock, type StockImage } from "./stock.ts";

/** The image to create, with everything checked. */
export interface ImageWish {
  /** null: any. */
  readonly id: string | null;
  readonly fields: ImageFields;
  readonly properties: Readonly<Record<string, string>>;
}

export class ImageBook {
  /** For the contents of uploads to come. */
  readonly room: ContentRoom;
  /** In order of creation, the stock first. */
  readonly #byId = new Map<string, SimulatedImage>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #settings: CloudSettings;
  readonly #projectId: string;
  #made = 0;
  #deleted = 0;

  constructor(stock: Stock, options: {
    clock: Clock;
    random: Random;
    settings: CloudSettings;
    room: ContentRoom;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#settings = options.settings;
    this.room = options.room;
    this.#projectId = stock.projectId;
    for (const [index, image] of stock.images.entries()) {
      const made = stockImage(image, {
        sequence: -1 - index,
        owner: stock.adminProjectId,
        at: this.#clock.now(),
      });
      this.#byId.set(image.id, made);
    }
  }

  /** Every image there is, oldest first. */
  all(): SimulatedImage[] {
    return [...this.#byId.values()];
  }

  get(id: string): SimulatedImage | undefined {
    return this.#byId.get(id);
  }

  /** How many requests made, how many of those were deleted, and how many of them there are. */
  counts(): { created: number; deleted: number; standing: number } {
    return { created: this.#made, deleted: this.#deleted, standing: this.#made - this.#deleted };
  }

  /**
   * Makes an image that waits for its data.
   * @throws ApiRefusal 409 where there is one of that id
   */
  create(wish: ImageWish): SimulatedImage {
    const id = wish.id ?? this.#random.uuid();
    if (this.#byId.has(id)) throw new ApiRefusal(409, `Image ID ${id} already exists!`);
    const now = this.#clock.now();
    const image = plainImage({
      id,
      sequence: ++this.#made,
      owner: this.#projectId,
      at: now,
      fields: wish.fields,
      properties: wish.properties,
    });
    this.#byId.set(id, image);
    return image;
  }

  /** Its data begins to come. */
  beginUpload(image: SimulatedImage): void {
    image.savingAt = this.#clock.now();
  }

  /** All of its data is there. */
  finishUpload(image: SimulatedImage, data: StoredData): void {
    image.data = data;
    image.activeAt = this.#clock.now() + sampleSpread(this.#settings.saveTime, this.#random);
  }

  /** Its data broke off: it waits for data again. */
  failUpload(image: SimulatedImage): void {
    image.savingAt = Infinity;
    image.touchedAt = this.#clock.now();
  }

  /** Takes an image of a server that was booted from another one (null: from a volume). */
  takeSnapshot(wish: Omit<ImageWish, "id">, base: ImageAtBoot | null): SimulatedImage {
    const image = this.create({ ...wish, id: null });
    const time = sampleSpread(this.#settings.snapshotTime, this.#random);
    image.savingAt = image.createdAt + Math.floor(time / 2);
    image.activeAt = image.createdAt + time;
    image.data = inventedData(image.id, base?.data?.size ?? 0);
    return image;
  }

  /** A snapshot that is not done goes with its server, unless it never will be done. */
  loseSnapshot(image: SimulatedImage): void {
    const now = this.#clock.now();
    const ends = Math.min(image.activeAt, image.killedAt) !== Infinity;
    if (ends && snapshotTaskAt(image, now) !== null) this.delete(image);
  }

  delete(image: SimulatedImage): void {
    if (!this.#byId.delete(image.id)) return;
    this.#deleted++;
    image.goneAt = this.#clock.now();
    this.room.giveBack(image.data?.content?.length ?? 0);
  }
}

/** One with nothing in sight. */
function plainImage({ at, ...made }: {
  id: string;
  sequence: number;
  owner: string;
  at: Instant;
  fields: ImageFields;
  properties: Readonly<Record<string, string>>;
}): SimulatedImage {
  return {
    ...made,
    createdAt: at,
    touchedAt: at,
    data: null,
    savingAt: Infinity,
    activeAt: Infinity,
    killedAt: Infinity,
    deactivated: false,
    goneAt: Infinity,
    refusedAt: null,
    fixedStatus: null,
  };
}

function stockImage(
  image: StockImage,
  { sequence, owner, at }: { sequence: number; owner: string; at: Instant },
): SimulatedImage {
  const fields: ImageFields = {
    name: image.name,
    disk_format: "qcow2",
    container_format: "bare",
    visibility: "public",
    min_ram: image.minRam,
    min_disk: image.minDisk,
    protected: false,
    os_hidden: false,
    tags: [],
  };
  return {
    ...plainImage({ id: image.id, sequence, owner, at, fields, properties: image.properties }),
    data: inventedData(image.id, image.size),
    fixedStatus: image.status,
  };
}

/** Data that nobody sent: it has a size and checksums, and no content. */
function inventedData(id: string, size: number): StoredData {
  return {
    size,
    md5: nameId(`checksum/${id}`).replaceAll("-", ""),
    sha512: nameId(`hash/${id}`).replaceAll("-", "").repeat(4),
    content: null,
  };
}
