/** `POST /servers/ID/action`: what is done to a server that there is. */
import type { Strikes } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, invalidInput, jsonAnswer } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { ImageWish } from "./image_book.ts";
import { metadataOf, namedServer } from "./server_api.ts";
import { hostnameOf } from "./server_view.ts";
import { answersSshAt, type SimulatedServer, statusAt, taskStateAt } from "./simulated_server.ts";

/** Taking an image has an operation of its own, so that faults and journal can tell it from the rest. */
export function actionOperation(exchange: Exchange): string {
  return Object.hasOwn(exchange.bodyObject, "createImage") ? "server.snapshot" : "server.action";
}

/** The console and taking an image are the actions there are. */
export function actOnServer(exchange: Exchange, strikes: Strikes): ApiAnswer {
  const server = namedServer(exchange);
  const [action] = Object.keys(exchange.json());
  if (action === "os-getConsoleOutput") return showConsole(exchange, server);
  if (action === "createImage") return createSnapshot(exchange, server, strikes);
  throw new ApiRefusal(400, `There is no such action: ${action}`);
}

function showConsole(exchange: Exchange, server: SimulatedServer): ApiAnswer {
  exchange.effect = false;
  const { length } = exchange.section("os-getConsoleOutput") as { length?: number | string | null };
  const lines = consoleLines(exchange, server);
  const wanted = length === undefined || length === null || Number(length) === -1
    ? lines.length
    : Number(length);
  return jsonAnswer(200, { output: wanted === 0 ? "" : lines.slice(-wanted).join("\n") });
}

/** The lines printed by now. */
function consoleLines({ now }: Exchange, server: SimulatedServer): string[] {
  const lines = ["[    0.000000] Linux version 6.1.0 (simulated)"];
  if (statusAt(server, now) !== "ACTIVE") return lines;
  const image = server.imageAtBoot?.fields.name ?? "a volume";
  lines.push(`[    0.412345] Booting ${image} on ${server.flavor.vcpus} CPU`);
  lines.push(`cloud-init: hostname ${hostnameOf(server)}`);
  if (answersSshAt(server, now)) {
    lines.push("Started OpenBSD Secure Shell server.", `${hostnameOf(server)} login:`);
  }
  return lines;
}

/** An image of a server as it is now. @throws ApiRefusal 400 or 409 */
function createSnapshot(exchange: Exchange, server: SimulatedServer, strikes: Strikes): ApiAnswer {
  const { name, metadata = {} } = exchange.section("createImage");
  const wish = snapshotWish(exchange, server, { name: imageName(name), metadata: metadataOf(metadata) });
  checkState(exchange, server);
  const image = exchange.cloud.images.takeSnapshot(wish, server.imageAtBoot);
  server.snapshot = image;
  exchange.image = image;
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
