/** An image as Glance's JSON shows it, at a time; and the schema that Glance tells of it. */
import type { Instant } from "../domain/time.ts";
import { isoSeconds } from "./answer.ts";
import { CONTAINER_FORMATS, DISK_FORMATS, VISIBILITIES } from "./image_fields.ts";
import { imageStatusAt, imageUpdatedAt, shownDataAt, type SimulatedImage } from "./simulated_image.ts";

/** All that a project's member sees of it: Glance puts properties beside its own fields. */
export function shownImage(image: SimulatedImage, now: Instant): Record<string, unknown> {
  const data = shownDataAt(image, now);
  return {
    ...image.properties,
    id: image.id,
    ...image.fields,
    status: imageStatusAt(image, now),
    size: data?.size ?? null,
    // Of other formats it stands in the data, which nobody reads here.
    virtual_size: image.fields.disk_format === "raw" ? data?.size ?? null : null,
    checksum: data?.md5 ?? null,
    owner: image.owner,
    os_hash_algo: data === null ? null : "sha512",
    os_hash_value: data?.sha512 ?? null,
    created_at: isoSeconds(image.createdAt),
    updated_at: isoSeconds(imageUpdatedAt(image, now)),
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: "/v2/schemas/image",
  };
}

/** `GET /v2/schemas/image`. */
export function imageSchema() {
  const text = { type: ["null", "string"] };
  const toldText = { ...text, readOnly: true };
  const toldNumber = { type: ["null", "integer"], readOnly: true };
  const properties = {
    id: { type: "string" },
    name: { ...text, maxLength: 255 },
    status: { type: "string", readOnly: true },
    visibility: { type: "string", enum: VISIBILITIES },
    protected: { type: "boolean" },
    os_hidden: { type: "boolean" },
    checksum: toldText,
    os_hash_algo: toldText,
    os_hash_value: toldText,
    owner: text,
    size: toldNumber,
    virtual_size: toldNumber,
    disk_format: { ...text, enum: [null, ...DISK_FORMATS] },
    container_format: { ...text, enum: [null, ...CONTAINER_FORMATS] },
    created_at: { type: "string", readOnly: true },
    updated_at: { type: "string", readOnly: true },
    tags: { type: "array", items: { type: "string", maxLength: 255 } },
    min_ram: { type: "integer" },
    min_disk: { type: "integer" },
    self: { type: "string", readOnly: true },
    file: { type: "string", readOnly: true },
    schema: { type: "string", readOnly: true },
  };
  return { name: "image", properties, additionalProperties: { type: "string" } };
}
