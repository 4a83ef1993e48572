/** Records of images for tests: ready ones, of the diskimage and the image `noble` on `cloud-a`. */
import type { DibImage } from "../../src/domain/dib_image.ts";
import { emptyOrder } from "../../src/domain/order_book.ts";
import type { ImageOrder } from "../../src/domain/image_order.ts";
import type { ProviderImage } from "../../src/domain/provider_image.ts";
import { HOUR } from "../../src/domain/time.ts";
import { NOW } from "./sample_pool.ts";

const VERSION = Math.floor((NOW - 3 * HOUR) / 1000);

export function sampleDibImage(fields: Partial<DibImage> & { readonly id: number }): DibImage {
  const name = fields.name ?? "noble";
  const version = fields.version ?? VERSION + fields.id;
  const path = `/images/${name}-${version}`;
  return {
    revision: 1,
    name,
    version,
    state: {
      phase: "ready",
      files: [{ format: "qcow2", size: 1_000, md5: "0".repeat(32), sha512: "0".repeat(128) }],
    },
    path,
    formats: ["qcow2"],
    logFile: `/logs/${name}-${version}.log`,
    stateSince: NOW - 2 * HOUR,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    comment: null,
    deletedBy: null,
    evidence: null,
    ...fields,
  };
}

export function sampleImage(fields: Partial<ProviderImage> & { readonly id: number }): ProviderImage {
  const version = fields.version ?? VERSION + fields.id;
  return {
    revision: 1,
    provider: "cloud-a",
    image: "noble",
    version,
    source: {
      type: "upload",
      diskimage: "noble",
      dibImageId: fields.id,
      dibVersion: version,
      format: "qcow2",
    },
    hostname: `template-noble-${version}`,
    state: { phase: "ready", externalId: `image-${fields.id}` },
    stateSince: NOW - 2 * HOUR,
    phaseSince: NOW - 2 * HOUR,
    waitingOn: null,
    retryAt: null,
    attempt: 0,
    keypair: null,
    serverId: null,
    logFile: null,
    comment: null,
    deletedBy: null,
    evidence: null,
    ...fields,
  };
}

export function sampleOrder(fields: Partial<ImageOrder> = {}): ImageOrder {
  return { ...emptyOrder({ provider: "cloud-a", image: "noble" }), ...fields };
}
