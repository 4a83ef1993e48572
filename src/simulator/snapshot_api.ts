/** Nova's `createImage`: an image of a server as it is now. */
import type { Strikes } from "./api.ts";
import { type ApiAnswer, emptyAnswer, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { ImageWish } from "./image_book.ts";
import { ApiRefusal, invalidInput } from "./api_refusal.ts";
import { metadataOf } from "./server_api.ts";
import { type SimulatedServer, statusAt, taskStateAt } from "./simulated_server.ts";

/** @throws ApiRefusal 400 or 409 */
export function createSnapshot(exchange: Exchange, server: SimulatedServer, strikes: Strikes): ApiAnswer {
  const { name, metadata = {} } = exchange.section("createImage");
  const wish = snapshotWish(exchange, server, { name: imageName(name), metadata: metadataOf(metadata) });
  checkState(exchange, server);
  const image = exchange.cloud.images.takeSnapshot(wish, server.imageAtBoot);
  server.snapshot = image;
  exchange.image = image;
  exchange.effect = true;
  for (const { strike, blow } of strikes("saving")) strike(blow, image);
  if (exchange.microversion >= ID_IN_BODY) return jsonAnswer(202, { image_id: image.id });
  return emptyAnswer(202, { location: `${exchange.options.base}/image/images/${image.id}` });
}

/** From this 2.x on the image's id is told in the body; before it is the end of the location. */
const ID_IN_BODY = 45;

function imageName(name: unknown): string {
  const text = typeof name === "string" ? name.trim() : "";
  if (text.length > 0 && text.length <= 255) return text;
  const value = JSON.stringify(name);
  throw invalidInput("field/attribute name", value, "It must have 1 to 255 characters");
}

/** The image that it was booted from gives what the request does not. */
function snapshotWish(
  { cloud: { stock } }: Exchange,
  server: SimulatedServer,
  { name, metadata }: { name: string; metadata: Record<string, string> },
): Omit<ImageWish, "id"> {
  const base = server.imageAtBoot;
  return {
    fields: {
      name,
      disk_format: base?.fields.disk_format ?? "qcow2",
      container_format: base?.fields.container_format ?? "bare",
      visibility: "private",
      min_ram: base?.fields.min_ram ?? 0,
      min_disk: Math.max(base?.fields.min_disk ?? 0, server.flavor.disk),
      protected: false,
      os_hidden: false,
      tags: [],
    },
    properties: {
      ...inherited(base?.properties ?? {}),
      base_image_ref: server.imageId,
      boot_roles: "member,reader",
      image_location: "snapshot",
      image_state: "available",
      image_type: "snapshot",
      instance_uuid: server.id,
      owner_id: stock.projectId,
      user_id: stock.userId,
      ...metadata,
    },
  };
}

/** Properties that belong to one image alone, in Nova's own list. */
const NOT_INHERITED = /^(cache_in_nova|bittorrent|img_signature.*|cinder_encryption_key.*|os_glance.*)$/;

function inherited(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !NOT_INHERITED.test(key)));
}

function checkState({ now }: Exchange, server: SimulatedServer): void {
  const status = statusAt(server, now);
  const task = taskStateAt(server, now);
  const conflict = (state: string) =>
    new ApiRefusal(409, `Cannot 'createImage' instance ${server.id} while it is in ${state}`);
  if (status === "BUILD") throw conflict("vm_state building");
  if (status === "ERROR") throw conflict("vm_state error");
  if (task !== null) throw conflict(`task_state ${task}`);
}
