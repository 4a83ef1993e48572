/** What the planners of images are given in tests: the diskimage `noble`, uploaded to `cloud-a` for the label `noble`. */
import assert from "node:assert/strict";
import type { Config, DiskimageConfig, ProviderImageConfig } from "../../../src/domain/config.ts";
import type { ImageOrder } from "../../../src/domain/image_order.ts";
import { imageProperties } from "../../../src/domain/image_marks.ts";
import type { ImageSightings, Observation } from "../../../src/domain/observation.ts";
import type { ProviderImage } from "../../../src/domain/provider_image.ts";
import type { CloudImage } from "../../../src/domain/server.ts";
import { DAY, HOUR, MINUTE } from "../../../src/domain/time.ts";
import {
  type ImagePlan,
  type ImagesInput,
  planImages as planApart,
} from "../../../src/plan/images/plan_images.ts";
import { config, image, INSTALLATION, NOW, provider, sampleCloudImage, seen } from "../plan_fixtures.ts";

export const diskimage: DiskimageConfig = {
  name: "noble",
  elements: ["ubuntu-minimal"],
  release: "noble",
  envVars: {},
  formats: ["qcow2"],
  pause: false,
  buildTimeout: 8 * HOUR,
  rebuildAge: 1 * DAY,
  parent: null,
};

/** An image that is built here and uploaded. */
export const uploaded = (fields: Partial<ProviderImageConfig> = {}) =>
  image({ baseImage: null, diskimage: "noble", ...fields });

/** An image that is prepared on a server and snapshotted. */
export const prepared = (fields: Partial<ProviderImageConfig> = {}) =>
  image({ baseImage: "noble", setup: "prepare.sh", ...fields });

export function imagesConfig(
  use: ProviderImageConfig = uploaded(),
  fields: Partial<Config> = {},
): Config {
  return config({ diskimages: [diskimage], providers: [provider({ images: [use] })], ...fields });
}

export function imagesInput(
  { orders = [], running = [], ...fields }: Partial<ImagesInput> & {
    readonly orders?: readonly ImageOrder[];
    /** `build-image 3`, … */
    readonly running?: readonly string[];
  } = {},
): ImagesInput {
  return {
    config: imagesConfig(),
    now: NOW,
    wallOffset: 0,
    dibImages: [],
    images: [],
    order: (provider, name) => orders.find((one) => one.provider === provider && one.image === name) ?? null,
    nodes: [],
    seen: new Map([["cloud-a", seen()]]),
    isRunning: (type, id) => running.includes(`${type} ${id}`),
    making: { uploads: true, snapshots: true },
    accepting: true,
    ...fields,
  };
}

/** A listing of these images, begun just now, and one a minute before. */
export function sightings(
  images: readonly CloudImage[],
  { takenAt = NOW, before = images, gone = [] }: {
    takenAt?: number;
    before?: readonly CloudImage[] | null;
    gone?: readonly string[];
  } = {},
): ImageSightings {
  return {
    takenAt,
    value: images,
    gone: new Set(gone),
    before: before && { takenAt: takenAt - MINUTE, ids: new Set(before.map(({ id }) => id)) },
  };
}

/** The image on the cloud that a record is about. */
export function cloudImageOf(record: ProviderImage, fields: Partial<CloudImage> = {}): CloudImage {
  const { id, provider, hostname: name } = record;
  return sampleCloudImage({
    id: `image-${id}`,
    name,
    properties: imageProperties({ installation: INSTALLATION, provider, imageId: id, name }),
    ...fields,
  });
}

export function seeing(
  images: ImageSightings | null,
  fields: Partial<Observation> = {},
): ReadonlyMap<string, Observation> {
  return new Map([["cloud-a", seen({ images, ...fields })]]);
}

/** A plan in which nothing breaks. */
export function planImages(input: ImagesInput): ImagePlan {
  const plan = planApart(input);
  assert.deepEqual(plan.defects, []);
  return plan;
}
