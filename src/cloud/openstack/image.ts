/** Glance: the images of a name, of a project and of an installation, and their life: made, filled, deleted. */
import * as v from "valibot";
import type { CloudImage } from "../../domain/server.ts";
import { isUuid } from "../../domain/is_uuid.ts";
import { INSTALLATION_KEY } from "../../domain/server_marks.ts";
import type { ImageRequest, WholeCloud } from "../cloud.ts";
import { deleteResource } from "./delete_resource.ts";
import { ImageSchema, toImage } from "./image_schema.ts";
import { uploadImage } from "./image_upload.ts";
import { listItems } from "./paging.ts";
import { saysGlanceGone } from "./says_gone.ts";
import type { ServiceOptions } from "./service_options.ts";
import type { Session } from "./session.ts";
import type { Call } from "../../lib/call.ts";

type ImageService = Pick<
  WholeCloud,
  | "findImages"
  | "getImage"
  | "listOwnImages"
  | "listImages"
  | "listProjectImages"
  | "createImage"
  | "uploadImage"
  | "deleteImage"
>;

const CreatedSchema = v.object({ id: v.string() });

/** The statuses for an image that does not exist, or no longer exists. */
const GONE = [404, 410];

export function createImageService(options: ServiceOptions): ImageService {
  const { session } = options;
  return {
    async findImages(nameOrId, call) {
      const byId = isUuid(nameOrId) ? await findById(nameOrId, { ...call, session }) : null;
      if (byId !== null) return [byId];
      const images = await listImages({ name: nameOrId }, {
        ...options,
        ...call,
        action: `find image ${nameOrId}`,
      });
      // As with any filter, a cloud may ignore it.
      return images.filter(({ name }) => name === nameOrId).toSorted((one, other) =>
        (other.createdAt ?? 0) - (one.createdAt ?? 0)
      );
    },
    getImage: (id, call) => getImage(id, { ...call, session }),
    async listOwnImages(installation, call) {
      const action = "list the images of this installation";
      const images = await listImages({ [INSTALLATION_KEY]: installation }, { ...options, ...call, action });
      // A filter that a cloud does not know is one that it ignores.
      return images.filter(({ properties }) => properties[INSTALLATION_KEY] === installation);
    },
    listImages: (call) => listImages({}, { ...options, ...call, action: "list images" }),
    async listProjectImages(call) {
      const action = "list the project's images";
      const owner = await session.projectId(call);
      if (owner === null) throw session.refuse({ action }, "the login has no project; set project_name");
      const images = await listImages({ owner }, { ...options, ...call, action });
      return images.filter((image) => image.owner === owner);
    },
    createImage: (request, call) => createImage(request, { ...call, session }),
    uploadImage: (id, data, call) => uploadImage(id, data, { ...options, ...call }),
    deleteImage: (id, call) =>
      deleteResource(
        { what: `image ${id}`, service: "image", path: `/images/${encodeURIComponent(id)}`, gone: GONE },
        { ...call, session },
      ),
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

async function getImage(
  id: string,
  { session, signal }: Call & { session: Session },
): Promise<CloudImage | "gone"> {
  const answer = await session.request({
    action: `show image ${id}`,
    service: "image",
    method: "GET",
    path: `/images/${encodeURIComponent(id)}`,
    turn: "look",
    repeatable: false,
    accept: GONE,
    signal,
  });
  if (saysGlanceGone(answer.response)) return "gone";
  if (GONE.includes(answer.response.status)) throw answer.refuse(NOT_GLANCE);
  const image = toImage(answer.parse(ImageSchema));
  if (image.id !== id) throw answer.refuse(`the response is about image ${image.id}`);
  return image;
}

async function listImages(
  filter: Readonly<Record<string, string>>,
  { session, pageSize, signal, action }: ServiceOptions & Call & { action: string },
): Promise<readonly CloudImage[]> {
  const call = { action, service: "image", path: "/images", turn: "list", signal } as const;
  const query = Object.entries(filter);
  return (await listItems("images", { ...call, session, pageSize, query, schema: ImageSchema })).map(toImage);
}

async function createImage(
  { name, diskFormat, properties }: ImageRequest,
  { session, signal }: Call & { session: Session },
): Promise<{ id: string }> {
  const answer = await session.request({
    action: `create image ${name}`,
    service: "image",
    method: "POST",
    path: "/images",
    body: {
      ...properties,
      name,
      disk_format: diskFormat,
      container_format: "bare",
      visibility: "private",
    },
    turn: "create",
    signal,
  });
  return { id: answer.parse(CreatedSchema).id };
}

const NOT_GLANCE = "the 404 did not come from Glance; check the address of the image service";
