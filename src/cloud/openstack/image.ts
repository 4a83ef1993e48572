/** Glance, read side: the images of a name or id. */
import * as v from "valibot";
import type { CloudImage } from "../../domain/server.ts";
import type { Call, Cloud } from "../cloud.ts";
import { listAllPages } from "./paging.ts";
import { parseInstant } from "./server_schema.ts";
import type { ServiceOptions } from "./service_options.ts";
import type { Session } from "./session.ts";

/** Glance puts an image's own properties beside its fields. */
const ImageSchema = v.looseObject({
  id: v.string(),
  name: v.nullish(v.string()),
  status: v.nullish(v.string()),
  created_at: v.nullish(v.string()),
  min_ram: v.nullish(v.number()),
});

const PageSchema = v.object({ images: v.array(ImageSchema), next: v.nullish(v.string()) });

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

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export function createImageService({ session, pageSize }: ServiceOptions): Pick<Cloud, "findImages"> {
  return {
    async findImages(nameOrId, call) {
      const byId = UUID.test(nameOrId) ? await findById(nameOrId, { ...call, session }) : null;
      if (byId !== null) return [byId];
      const images = await findByName(nameOrId, { ...call, session, pageSize });
      return images.toSorted((one, other) => (other.createdAt ?? 0) - (one.createdAt ?? 0));
    },
  };
}

async function findById(
  id: string,
  { session, signal }: Call & { session: Session },
): Promise<CloudImage | null> {
  const answer = await session.request({
    action: `find image ${id}`,
    service: "image",
    method: "GET",
    path: `/images/${id}`,
    accept: [404],
    signal,
  });
  return answer.response.status === 404 ? null : toImage(answer.parse(ImageSchema));
}

async function findByName(
  name: string,
  { session, pageSize, signal }: Call & { session: Session; pageSize: number },
): Promise<readonly CloudImage[]> {
  const action = `find image ${name}`;
  const images = await listAllPages({
    pageSize,
    refuse: (message) => session.refuse({ action }, message),
    async fetch(marker) {
      const query = new URLSearchParams({
        name,
        limit: String(pageSize),
        ...(marker !== null && { marker }),
      });
      const answer = await session.request({
        action,
        service: "image",
        method: "GET",
        path: `/images?${query}`,
        signal,
      });
      const page = answer.parse(PageSchema);
      return { items: page.images, hasNext: typeof page.next === "string" };
    },
  });
  return images.map(toImage);
}

function toImage(raw: v.InferOutput<typeof ImageSchema>): CloudImage {
  return {
    id: raw.id,
    name: raw.name ?? "",
    status: raw.status ?? "unknown",
    createdAt: parseInstant(raw.created_at),
    minRamMib: raw.min_ram ?? 0,
    properties: Object.fromEntries(
      Object.entries(raw).filter((entry): entry is [string, string] =>
        typeof entry[1] === "string" && !OWN_FIELDS.has(entry[0])
      ),
    ),
  };
}
