/** An image as Glance tells it, and as the pool sees it: what is missing is null, what is unknown is a property. */
import * as v from "valibot";
import type { CloudImage } from "../../domain/server.ts";
import { parseInstant } from "./server_schema.ts";

/** Glance puts an image's own properties beside its fields. */
export const ImageSchema = v.looseObject({
  id: v.string(),
  name: v.nullish(v.string()),
  status: v.nullish(v.string()),
  created_at: v.nullish(v.string()),
  min_ram: v.nullish(v.number()),
  min_disk: v.nullish(v.number()),
  size: v.nullish(v.number()),
  owner: v.nullish(v.string()),
  checksum: v.nullish(v.string()),
  os_hash_algo: v.nullish(v.string()),
  os_hash_value: v.nullish(v.string()),
});

type RawImage = v.InferOutput<typeof ImageSchema>;

/** Fields of Glance itself that hold text: not properties that somebody set. */
const OWN_FIELDS = new Set([
  "id",
  "name",
  "status",
  "created_at",
  "updated_at",
  "checksum",
  "container_format",
  "direct_url",
  "disk_format",
  "file",
  "os_hash_algo",
  "os_hash_value",
  "owner",
  "schema",
  "self",
  "stores",
  "visibility",
]);

export function toImage(raw: RawImage): CloudImage {
  return {
    id: raw.id,
    name: raw.name ?? "",
    status: raw.status ?? "unknown",
    createdAt: parseInstant(raw.created_at),
    minRamMib: raw.min_ram ?? 0,
    minDiskGib: raw.min_disk ?? 0,
    size: raw.size ?? null,
    owner: raw.owner || null,
    checksum: raw.checksum || null,
    hash: toHash(raw),
    properties: Object.fromEntries(
      Object.entries(raw).filter((entry): entry is [string, string] =>
        typeof entry[1] === "string" && !OWN_FIELDS.has(entry[0])
      ),
    ),
  };
}

function toHash({ os_hash_algo: algorithm, os_hash_value: value }: RawImage): CloudImage["hash"] {
  return algorithm && value ? { algorithm, value } : null;
}
