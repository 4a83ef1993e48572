/** Glance: the images of a name, of a project and of an installation, and their life: made, filled, deleted. */
import * as v from "valibot";
import type { Call } from "../../lib/call.ts";
import { parseUtc } from "../../domain/parse_utc.ts";
import type { CloudImage } from "../../domain/server.ts";
import { isUuid } from "../../domain/base_image.ts";
import { INSTALLATION_KEY } from "../../domain/server_marks.ts";
import { type Milliseconds, MINUTE } from "../../domain/time.ts";
import type { WholeCloud } from "../cloud.ts";
import { deleteResource, showResource } from "./one_resource.ts";
import { Outflow } from "./outflow.ts";
import { listItems } from "./paging.ts";
import type { ServiceOptions } from "./session.ts";

const CreatedSchema = v.object({ id: v.string() });

/**
 * A token that ends within an upload can cost the whole of it: some stores are written to with the user's own. Most
 * uploads are shorter than this, and tokens live an hour or more.
 */
const TOKEN_GOOD_FOR: Milliseconds = 30 * MINUTE;

export function createImageService({ session, clock, pageSize }: ServiceOptions) {
  const list = async (action: string, filter: Readonly<Record<string, string>>, { signal }: Call) => {
    const call = { action, service: "image", path: "/images", turn: "list", signal } as const;
    const query = Object.entries(filter);
    return (await listItems("images", { ...call, session, pageSize, query, schema: ImageSchema })).map(
      toImage,
    );
  };
  return {
    async findImages(nameOrId, call) {
      const action = `find image ${nameOrId}`;
      if (isUuid(nameOrId)) {
        const answer = await showResource({ ...imageOf(nameOrId), action, ...call, session });
        if (answer !== "gone") return [toImage(answer.parse(ImageSchema))];
      }
      const images = await list(action, { name: nameOrId }, call);
      // As with any filter, a cloud may ignore it.
      return images.filter(({ name }) => name === nameOrId).toSorted((one, other) =>
        (other.createdAt ?? 0) - (one.createdAt ?? 0)
      );
    },
    async getImage(id, { signal }) {
      const look = { turn: "look", repeatable: false, signal } as const;
      const answer = await showResource({ ...imageOf(id), ...look, session });
      if (answer === "gone") return "gone";
      const image = toImage(answer.parse(ImageSchema));
      if (image.id !== id) throw answer.refuse(`the response is about image ${image.id}`);
      return image;
    },
    async listOwnImages(installation, call) {
      const filter = { [INSTALLATION_KEY]: installation };
      const images = await list("list the images of this installation", filter, call);
      // A filter that a cloud does not know is one that it ignores.
      return images.filter(({ properties }) => properties[INSTALLATION_KEY] === installation);
    },
    listImages: (call) => list("list images", {}, call),
    async listProjectImages(call) {
      const action = "list the project's images";
      const owner = await session.projectId(call);
      if (owner === null) throw session.refuse({ action }, "the login has no project; set project_name");
      return (await list(action, { owner }, call)).filter((image) => image.owner === owner);
    },
    async createImage({ name, diskFormat, properties }, { signal }) {
      const fields = { name, disk_format: diskFormat, container_format: "bare", visibility: "private" };
      const answer = await session.request({
        action: `create image ${name}`,
        service: "image",
        method: "POST",
        path: "/images",
        body: { ...properties, ...fields },
        turn: "create",
        signal,
      });
      return { id: answer.parse(CreatedSchema).id };
    },
    /** Sent once, for as long as it moves. */
    async uploadImage(id, data, { signal }) {
      const { what, path } = imageOf(id);
      using outflow = new Outflow(data, { clock });
      await session.request({
        action: `upload ${what}`,
        service: "image",
        method: "PUT",
        path: `${path}/file`,
        outflow,
        tokenGoodFor: TOKEN_GOOD_FOR,
        repeatable: false,
        signal,
      });
    },
    deleteImage: (id, call) => deleteResource({ ...imageOf(id), ...call, session, isProvenLater: true }),
  } satisfies Partial<WholeCloud>;
}

function imageOf(id: string) {
  return { service: "image", what: `image ${id}`, path: `/images/${encodeURIComponent(id)}` } as const;
}

/** Glance puts an image's own properties beside its fields. */
const ImageSchema = v.looseObject({
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

function toImage(raw: RawImage): CloudImage {
  return {
    id: raw.id,
    name: raw.name ?? "",
    status: raw.status ?? "unknown",
    createdAt: parseUtc(raw.created_at),
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
