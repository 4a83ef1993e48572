/**
 * The images of one cloud: its stock, which belongs to the admin project, and those that requests made, which belong
 * to the user's. Plans what becomes of an image when its data comes; faults change the plan afterwards. A deleted
 * image is forgotten at once, as Glance tells of none. The API files and `CloudState` are its callers.
 */
import type { Instant } from "../domain/time.ts";
import type { Clock } from "../lib/clock.ts";
import type { Random } from "../lib/random.ts";
import type { ImageFields } from "./image_fields.ts";
import type { ContentRoom } from "./image_intake.ts";
import { ApiRefusal } from "./answer.ts";
import { type CloudSettings, sampleSpread } from "./settings.ts";
import { type ImageAtBoot, type SimulatedImage, snapshotTaskAt, type StoredData } from "./simulated_image.ts";
import { nameId, type Stock, type StockImage } from "./stock.ts";

/** The image to create, with everything checked. */
export interface ImageWish {
  /** null: any. */
  readonly id: string | null;
  readonly fields: ImageFields;
  readonly properties: Readonly<Record<string, string>>;
}

interface ImageGround {
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: CloudSettings;
  readonly room: ContentRoom;
}

export class ImageBook {
  /** For the contents of uploads to come. */
  readonly room: ContentRoom;
  /** In order of creation, the stock first. */
  readonly #byId = new Map<string, SimulatedImage>();
  readonly #ground: ImageGround;
  readonly #projectId: string;
  #made = 0;
  #deleted = 0;

  constructor(stock: Stock, ground: ImageGround) {
    this.#ground = ground;
    this.room = ground.room;
    this.#projectId = stock.projectId;
    const [owner, at] = [stock.adminProjectId, ground.clock.now()];
    for (const [index, image] of stock.images.entries()) {
      this.#byId.set(image.id, stockImage(image, { sequence: -1 - index, owner, at }));
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
    const id = wish.id ?? this.#ground.random.uuid();
    if (this.#byId.has(id)) throw new ApiRefusal(409, `Image ID ${id} already exists!`);
    const image = plainImage({
      ...wish,
      id,
      sequence: ++this.#made,
      owner: this.#projectId,
      at: this.#ground.clock.now(),
    });
    this.#byId.set(id, image);
    return image;
  }

  /** Its data begins to come. */
  beginUpload(image: SimulatedImage): void {
    image.savingAt = this.#ground.clock.now();
  }

  /** All of its data is there. */
  finishUpload(image: SimulatedImage, data: StoredData): void {
    image.data = data;
    image.activeAt = this.#ground.clock.now() +
      sampleSpread(this.#ground.settings.saveTime, this.#ground.random);
  }

  /** Its data broke off: it waits for data again. */
  failUpload(image: SimulatedImage): void {
    image.savingAt = Infinity;
    image.touchedAt = this.#ground.clock.now();
  }

  /** Takes an image of a server that was booted from another one (null: from a volume). */
  takeSnapshot(wish: Omit<ImageWish, "id">, base: ImageAtBoot | null): SimulatedImage {
    const image = this.create({ ...wish, id: null });
    const time = sampleSpread(this.#ground.settings.snapshotTime, this.#ground.random);
    image.savingAt = image.createdAt + Math.floor(time / 2);
    image.activeAt = image.createdAt + time;
    image.data = inventedData(image.id, base?.data?.size ?? 0);
    return image;
  }

  /** A snapshot that is not done goes with its server, unless it never will be done. */
  loseSnapshot(image: SimulatedImage): void {
    const now = this.#ground.clock.now();
    const ends = Math.min(image.activeAt, image.killedAt) !== Infinity;
    if (ends && snapshotTaskAt(image, now) !== null) this.delete(image);
  }

  delete(image: SimulatedImage): void {
    if (!this.#byId.delete(image.id)) return;
    this.#deleted++;
    image.goneAt = this.#ground.clock.now();
    this.room.giveBack(image.data?.content?.length ?? 0);
  }
}

/** One with nothing in sight. */
function plainImage(
  { at, ...made }: Pick<SimulatedImage, "id" | "sequence" | "owner" | "fields" | "properties"> & {
    at: Instant;
  },
): SimulatedImage {
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
