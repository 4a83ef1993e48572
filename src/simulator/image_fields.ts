/** The fields and properties that Glance takes for an image, and how it refuses the rest. */
import * as v from "valibot";
import type { ImageWish } from "./image_book.ts";
import { ApiRefusal } from "./answer.ts";

const size = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1));
const word = v.pipe(v.string(), v.maxLength(255));

/** Disk formats that Glance takes. */
export const DISK_FORMATS = [
  "ami",
  "ari",
  "aki",
  "vhd",
  "vhdx",
  "vmdk",
  "raw",
  "qcow2",
  "vdi",
  "iso",
  "ploop",
] as const;
/** Container formats that Glance takes. */
export const CONTAINER_FORMATS = ["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"] as const;
export const VISIBILITIES = ["community", "public", "private", "shared"] as const;

const fieldSchemas = {
  name: v.nullable(word),
  disk_format: v.nullable(v.picklist(DISK_FORMATS)),
  container_format: v.nullable(v.picklist(CONTAINER_FORMATS)),
  visibility: v.picklist(VISIBILITIES),
  /** MiB. */
  min_ram: size,
  /** GiB. */
  min_disk: size,
  protected: v.boolean(),
  os_hidden: v.boolean(),
  tags: v.array(word),
};

/** The fields that requests set, in Glance's own words. */
export type ImageFields = Readonly<
  { [Field in keyof typeof fieldSchemas]: v.InferOutput<(typeof fieldSchemas)[Field]> }
>;

const STANDARD: ImageFields = {
  name: null,
  disk_format: null,
  container_format: null,
  visibility: "shared",
  min_ram: 0,
  min_disk: 0,
  protected: false,
  os_hidden: false,
  tags: [],
};

const READ_ONLY = new Set([
  "created_at",
  "updated_at",
  "status",
  "checksum",
  "size",
  "virtual_size",
  "direct_url",
  "self",
  "file",
  "schema",
  "stores",
  "os_hash_algo",
  "os_hash_value",
]);
const RESERVED = /^(location|locations|deleted|deleted_at|os_glance.*)$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The wish of a request to make an image.
 * @throws ApiRefusal 400 or 403
 */
export function imageWish(body: Record<string, unknown>, { projectId }: { projectId: string }): ImageWish {
  const { id = null, owner, ...rest } = body;
  if (id !== null && !(typeof id === "string" && UUID.test(id))) throw mismatch("id: not a UUID");
  if (owner !== undefined && owner !== projectId) {
    throw new ApiRefusal(403, `You are not permitted to create images owned by '${owner}'.`);
  }
  let wish: ImageWish = { id, fields: STANDARD, properties: {} };
  for (const [key, value] of Object.entries(rest)) wish = { ...wish, ...withEntry(wish, [key, value]) };
  return wish;
}

/** The part of an image that requests change. */
export type ImageSettings = Pick<ImageWish, "fields" | "properties">;

/** Whether the name is that of a field, which can be set and never taken away. */
export function isField(key: string): key is keyof ImageFields {
  return Object.hasOwn(fieldSchemas, key);
}

/**
 * The same with one field or property set.
 * @throws ApiRefusal 400 or 403 where it cannot be set so
 */
export function withEntry(
  { fields, properties }: ImageSettings,
  [key, value]: [string, unknown],
): ImageSettings {
  checkSettable(key);
  if (!isField(key)) {
    if (key.length > 255) {
      throw new ApiRefusal(400, "Custom property should not be greater than 255 characters.");
    }
    return { fields, properties: { ...properties, [key]: checked(v.string(), [key, value]) } };
  }
  if (key === "visibility" && value === "public") throw notAuthorized("publicize_image");
  return { fields: { ...fields, [key]: checked<unknown>(fieldSchemas[key], [key, value]) }, properties };
}

/** @throws ApiRefusal 403 for what no request may set or take away */
export function checkSettable(key: string): void {
  if (READ_ONLY.has(key) || key === "id") throw new ApiRefusal(403, `Attribute '${key}' is read-only.`);
  if (key === "owner") throw new ApiRefusal(403, "Owner can't be updated by non admin.");
  if (RESERVED.test(key)) throw new ApiRefusal(403, `Attribute '${key}' is reserved.`);
}

/** Glance's answer to those who may see an image and no more. */
export function notAuthorized(action: string): ApiRefusal {
  return new ApiRefusal(403, `You are not authorized to complete ${action} action.`);
}

function checked<T>(schema: v.GenericSchema<unknown, T>, [key, value]: [string, unknown]): T {
  const result = v.safeParse(schema, value);
  if (!result.success) throw mismatch(`${key}: ${result.issues[0].message}`);
  return result.output;
}

function mismatch(why: string): ApiRefusal {
  return new ApiRefusal(400, `Provided object does not match schema 'image': ${why}`);
}
