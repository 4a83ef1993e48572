/** Changes of an image that there is: JSON patches in the two forms that Glance takes, tags, and whether it may be used. */
import type { Handle } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import { ownImage } from "./image_access.ts";
import { checkSettable, type ImageSettings, isField, withEntry } from "./image_fields.ts";
import { shownImage } from "./image_view.ts";
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
  let written: ImageSettings = image;
  for (const change of changes) written = changed(written, change, imageStatusAt(image, exchange.now));
  write(exchange, image, written);
  return jsonAnswer(200, shownImage(image, exchange.now));
}

function changed(written: ImageSettings, change: ImageChange, status: string): ImageSettings {
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

function without({ fields, properties }: ImageSettings, key: string): ImageSettings {
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

function write(exchange: Exchange, image: SimulatedImage, { fields, properties }: ImageSettings): void {
  Object.assign(image, { fields, properties, touchedAt: exchange.now });
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
    exchange.effect = image.deactivated !== deactivated;
    if (exchange.effect) Object.assign(image, { deactivated, touchedAt: exchange.now });
    return emptyAnswer(204);
  };
}

interface ImageChange {
  readonly operation: "add" | "replace" | "remove";
  /** A field or a property. */
  readonly key: string;
  /** undefined where it is taken away. */
  readonly value: unknown;
  /** Whether adding what is there already is refused. */
  readonly onlyNew: boolean;
}

/** In the older form the operation is the key of its path. */
type PatchVersion = "2.0" | "2.1";

/** By media type. */
const PATCH_TYPES: ReadonlyMap<string, PatchVersion> = new Map([
  ["application/openstack-images-v2.0-json-patch", "2.0"],
  ["application/openstack-images-v2.1-json-patch", "2.1"],
]);

const OPERATIONS = ["add", "remove", "replace"] as const;

/** @throws ApiRefusal 400 for what is no patch of an image */
function imageChanges(list: readonly unknown[], version: PatchVersion): ImageChange[] {
  return list.map((change) => {
    if (typeof change !== "object" || change === null || Array.isArray(change)) {
      throw new ApiRefusal(400, "Operations must be JSON objects.");
    }
    const raw = change as Record<string, unknown>;
    const { operation, path } = version === "2.0" ? oldForm(raw) : newForm(raw);
    if (operation !== "remove" && !("value" in raw)) {
      throw new ApiRefusal(400, `Operation "${operation}" requires a member named "value".`);
    }
    return { operation, key: keyOf(path), value: raw["value"], onlyNew: version === "2.0" };
  });
}

type Operation = Pick<ImageChange, "operation"> & { readonly path: unknown };

function newForm({ op, path }: Record<string, unknown>): Operation {
  const operation = OPERATIONS.find((one) => one === op);
  if (operation === undefined) {
    const known = `It must be one of the following: ${OPERATIONS.join(", ")}.`;
    throw new ApiRefusal(
      400,
      op === undefined
        ? `Unable to find \`op\` in JSON Schema change. ${known}`
        : `Invalid operation: \`${op}\`. ${known}`,
    );
  }
  return { operation, path };
}

function oldForm(raw: Record<string, unknown>): Operation {
  const [operation, ...more] = OPERATIONS.filter((one) => one in raw);
  if (operation === undefined || more.length > 0) {
    const message = 'Operation objects must contain exactly one member named "add", "remove", or "replace".';
    throw new ApiRefusal(400, message);
  }
  return { operation, path: raw[operation] };
}

/** A JSON pointer of one part; `~1` stands for a slash in it. */
function keyOf(path: unknown): string {
  if (typeof path !== "string") throw new ApiRefusal(400, "Unable to find 'path' in JSON Schema change");
  if (!path.startsWith("/")) throw new ApiRefusal(400, `Pointer \`${path}\` does not start with "/".`);
  if (/~[^01]|~$/.test(path)) {
    throw new ApiRefusal(400, `Pointer \`${path}\` contains "~" not part of a recognized escape sequence.`);
  }
  const [key = "", ...deeper] = path.slice(1).split("/");
  if (key === "" || deeper.length > 0) {
    throw new ApiRefusal(400, `Invalid JSON pointer for this resource: '${path}'`);
  }
  return key.replaceAll("~1", "/").replaceAll("~0", "~").trim();
}
