/** Glance v2: the routes, and what is about one image as a whole: make, show, delete. */
import { ApiBuilder, type ApiContext } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { namedImage, ownImage } from "./image_access.ts";
import { changeTag, patchImage, setDeactivated } from "./image_change_api.ts";
import { downloadImage, takeUpload } from "./image_data_api.ts";
import { imageWish } from "./image_fields.ts";
import { listImages } from "./image_list_api.ts";
import { imageSchema, shownImage } from "./image_view.ts";

export function imageApi(context: ApiContext): ApiBuilder {
  const open = { open: true };
  return new ApiBuilder("image", context)
    .on("GET /", "version.list", (exchange) => listVersions(exchange, 300), open)
    .on("GET /versions", "version.list", (exchange) => listVersions(exchange, 200), open)
    .on("GET /v2/images", "image.list", listImages)
    .on("POST /v2/images", "image.create", createImage)
    .on("GET /v2/images/:imageId", "image.show", showImage)
    .on("PATCH /v2/images/:imageId", "image.update", patchImage)
    .on("DELETE /v2/images/:imageId", "image.delete", deleteImage)
    .on("PUT /v2/images/:imageId/file", "image.upload", takeUpload, { streamed: true })
    .on("GET /v2/images/:imageId/file", "image.download", downloadImage)
    .on("POST /v2/images/:imageId/actions/deactivate", "image.update", setDeactivated(true))
    .on("POST /v2/images/:imageId/actions/reactivate", "image.update", setDeactivated(false))
    .on("PUT /v2/images/:imageId/tags/:tag", "image.update", changeTag({ present: true }))
    .on("DELETE /v2/images/:imageId/tags/:tag", "image.update", changeTag({ present: false }))
    .on("GET /v2/images/:imageId/members", "member.list", listMembers)
    .on("GET /v2/schemas/image", "schema.show", () => jsonAnswer(200, imageSchema()));
}

function listVersions({ url }: Exchange, status: number): ApiAnswer {
  const links = [{ rel: "self", href: `${url}/v2/` }];
  const versions = Array.from({ length: NEWEST_MINOR + 1 }, (_, index) => ({
    id: `v2.${NEWEST_MINOR - index}`,
    status: index === 0 ? "CURRENT" : "SUPPORTED",
    links,
  }));
  return jsonAnswer(status, { versions });
}

const NEWEST_MINOR = 15;

function createImage(exchange: Exchange): ApiAnswer {
  const { images, stock } = exchange.cloud;
  const image = images.create(imageWish(exchange.json(), stock));
  exchange.image = image;
  const location = `${exchange.url}/v2/images/${image.id}`;
  return jsonAnswer(201, shownImage(image, exchange.now), { location });
}

function showImage(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, shownImage(namedImage(exchange), exchange.now));
}

function deleteImage(exchange: Exchange): ApiAnswer {
  const image = ownImage(exchange, "delete_image");
  if (image.fields.protected) {
    throw new ApiRefusal(403, `Image ${image.id} is protected and cannot be deleted.`);
  }
  exchange.cloud.images.delete(image);
  return emptyAnswer(204);
}

/** With whom it is shared: nobody. */
function listMembers(exchange: Exchange): ApiAnswer {
  namedImage(exchange);
  return jsonAnswer(200, { members: [], schema: "/v2/schemas/members" });
}
