/** Changes of an image that there is: JSON patches, tags, and whether it may be used. */
import type { Handle } from "./api.ts";
import { type ApiAnswer, emptyAnswer, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { ownImage } from "./image_access.ts";
import type { ImageWish } from "./image_book.ts";
import { checkSettable, isField, withEntry } from "./image_fields.ts";
import { type ImageChange, imageChanges, PATCH_TYPES } from "./image_patch.ts";
import { shownImage } from "./image_view.ts";
import { ApiRefusal } from "./api_refusal.ts";
import { imageStatusAt, type SimulatedImage } from "./simulated_image.ts";

/** `PATCH /v2/images/ID`: all of its changes or none. */
export function patchImage(exchange: Exchange): ApiAnswer {
  const version = PATCH_TYPES.get(exchange.header("content-type")?.split(";")[0]?.trim() ?? "");
  if (version === undefined) {
    const headers = { "accept-patch": [...PATCH_TYPES.keys()].join(", ") };
    throw new ApiRefusal(415, "The media type of a change of an image must be one of accept-patch", {
      headers,
    });
  }
  const changes = imageChanges(exchange.jsonList(), version);
  const image = ownImage(exchange, "modify_image");
  let written: Written = image;
  for (const change of changes) written = changed(written, change, imageStatusAt(image, exchange.now));
  write(exchange, image, written);
  return jsonAnswer(200, shownImage(image, exchange.now));
}

type Written = Pick<ImageWish, "fields" | "properties">;

function changed(written: Written, change: ImageChange, status: string): Written {
  const { operation, key } = change;
  const there = isField(key) || Object.hasOwn(written.properties, key);
  checkSettable(key);
  if (operation === "remove") return without(written, key);
  if (operation === "replace" && !there) throw new ApiRefusal(409, `Property ${key} does not exist.`);
  if (operation === "add" && there && change.onlyNew) {
    throw new ApiRefusal(409, `Property ${key} already present.`);
  }
  if ((key === "disk_format" || key === "container_format") && status !== "queued") {
    throw new ApiRefusal(403, `Attribute ${key} can be only replaced for a queued image.`);
  }
  return withEntry(written, [key, change.value]);
}

function without({ fields, properties }: Written, key: string): Written {
  if (isField(key)) throw new ApiRefusal(403, `Property ${key} may not be removed.`);
  const { [key]: old, ...rest } = properties;
  if (old === undefined) throw new ApiRefusal(409, `Property ${key} does not exist.`);
  return { fields, properties: rest };
}

/** `PUT` (adds) and `DELETE` (takes away) `/v2/images/ID/tags/TAG`. */
export function changeTag({ present }: { present: boolean }): Handle {
  return (exchange) => {
    const image = ownImage(exchange, "modify_image");
    const tag = exchange.param("tag");
    const others = image.fields.tags.filter((one) => one !== tag);
    if (!present && others.length === image.fields.tags.length) {
      throw new ApiRefusal(404, "The resource could not be found.");
    }
    write(exchange, image, withEntry(image, ["tags", present ? [...others, tag] : others]));
    return emptyAnswer(204);
  };
}

function write(exchange: Exchange, image: SimulatedImage, { fields, properties }: Written): void {
  Object.assign(image, { fields, properties, touchedAt: exchange.now });
  exchange.effect = true;
}

/** `POST /v2/images/ID/actions/deactivate` and `…/reactivate`. */
export function setDeactivated(deactivated: boolean): Handle {
  return (exchange) => {
    const image = ownImage(exchange, deactivated ? "deactivate" : "reactivate");
    const status = imageStatusAt(image, exchange.now);
    if (status !== "active" && status !== "deactivated") {
      const what = deactivated ? "deactivate" : "reactivate";
      throw new ApiRefusal(403, `Not allowed to ${what} image in status '${status}'`);
    }
    if (image.deactivated !== deactivated) {
      Object.assign(image, { deactivated, touchedAt: exchange.now });
      exchange.effect = true;
    }
    return emptyAnswer(204);
  };
}
