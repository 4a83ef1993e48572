/** Nova's requests about one server: make, show, delete, its metadata and addresses. */
import type { Handle, Strikes } from "./api.ts";
import { type ApiAnswer, ApiRefusal, emptyAnswer, found, invalidInput, jsonAnswer } from "./answer.ts";
import type { ServerWish } from "./cloud_state.ts";
import type { Exchange } from "./exchange.ts";
import { addressesOf, downServer, fullServer, serverLinks } from "./server_view.ts";
import { imageStatusAt, type SimulatedImage } from "./simulated_image.ts";
import { isCellDownAt, type SimulatedServer, statusAt } from "./simulated_server.ts";
import { networkChoice } from "./server_networks.ts";
import type { StockFlavor } from "./stock.ts";

/** `POST /servers`. */
export function createServer(exchange: Exchange, strikes: Strikes): ApiAnswer {
  const { cloud } = exchange;
  const wish = serverWish(exchange);
  cloud.checkServerQuota(wish.flavor, wish.networkIds.length);
  const server = cloud.createServer(wish);
  exchange.server = server;
  for (const { strike, blow } of strikes("build")) strike(blow, server, cloud);
  const answer = {
    id: server.id,
    links: serverLinks(exchange, server.id),
    "OS-DCF:diskConfig": "MANUAL",
    security_groups: server.securityGroups.map((name) => ({ name })),
    adminPass: server.id.slice(0, 12).replaceAll("-", ""),
  };
  return jsonAnswer(202, { server: answer }, { location: answer.links[0]!.href });
}

function serverWish(exchange: Exchange): ServerWish {
  const { cloud } = exchange;
  const body = exchange.section("server");
  const name = required(body, "name");
  const flavor = flavorFor(exchange, required(body, "flavorRef"));
  return {
    name,
    flavor,
    imageId: imageFor(exchange, { body, flavor }),
    keypair: keypairFor(exchange, body["key_name"]),
    zone: zoneFor(exchange, body["availability_zone"]),
    securityGroups: groupsFor(exchange, body["security_groups"]),
    configDrive: body["config_drive"] === true || body["config_drive"] === "true",
    metadata: metadataOf(body["metadata"] ?? {}),
    ...networkChoice(cloud, body["networks"], exchange.microversion),
  };
}

function required(body: Record<string, unknown>, key: string): string {
  const value = body[key];
  if (value === undefined) {
    throw invalidInput("field/attribute server", JSON.stringify(body), `'${key}' is a required property`);
  }
  return String(value);
}

function flavorFor({ cloud }: Exchange, reference: string): StockFlavor {
  const id = reference.split("/").at(-1);
  const flavor = cloud.stock.flavors.find((one) => one.id === id);
  return found(flavor, `Flavor ${reference} could not be found.`, { status: 400 });
}

function imageFor(
  { cloud }: Exchange,
  { body, flavor }: { body: Record<string, unknown>; flavor: StockFlavor },
): string {
  const volumes = body["block_device_mapping_v2"];
  const reference = body["imageRef"];
  if (Array.isArray(volumes) && (reference === undefined || reference === "")) return "";
  const image = found(cloud.images.get(String(reference)), "Can not find requested image", { status: 400 });
  if (imageStatusAt(image, cloud.now()) !== "active") {
    throw new ApiRefusal(400, `Image ${image.id} is not active.`);
  }
  requireFit(flavor, image);
  return image.id;
}

/** Nova's rules; a disk of 0 is as large as it need be. */
function requireFit({ ram, disk }: StockFlavor, { fields, data }: SimulatedImage): void {
  if (ram < fields.min_ram) throw new ApiRefusal(400, "Flavor's memory is too small for requested image.");
  if (disk === 0) return;
  const [bytes, size] = [disk * 2 ** 30, data?.size ?? 0];
  if (size > bytes) {
    const sizes = `Flavor disk is ${bytes} bytes, image is ${size} bytes.`;
    throw new ApiRefusal(400, `Flavor's disk is too small for requested image. ${sizes}`);
  }
  if (disk < fields.min_disk) {
    const sizes = `Flavor disk is ${bytes} bytes, minimum size is ${fields.min_disk * 2 ** 30} bytes.`;
    throw new ApiRefusal(
      400,
      `Flavor's disk is smaller than the minimum size specified in image metadata. ${sizes}`,
    );
  }
}

function keypairFor({ cloud }: Exchange, name: unknown) {
  if (name === undefined || name === null) return null;
  return found(cloud.keypairs.get(String(name)), "Invalid key_name provided.", { status: 400 });
}

function zoneFor({ cloud }: Exchange, zone: unknown): string | null {
  if (zone === undefined || zone === null) return null;
  if (!cloud.settings.zones.includes(String(zone))) {
    throw new ApiRefusal(400, "The requested availability zone is not available");
  }
  return String(zone);
}

function groupsFor({ cloud }: Exchange, groups: unknown): string[] {
  if (!Array.isArray(groups) || groups.length === 0) return ["default"];
  return groups.map((group: { name?: unknown }) => {
    if (group.name !== "default" && group.name !== cloud.stock.securityGroupId) {
      throw new ApiRefusal(
        400,
        `Security group ${group.name} not found for project ${cloud.stock.projectId}.`,
      );
    }
    return "default";
  });
}

/** @throws ApiRefusal 400 for more or longer entries than Nova takes */
export function metadataOf(value: unknown): Record<string, string> {
  const invalid = (why: string) => invalidInput("field/attribute metadata", JSON.stringify(value), why);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`${value} is not of type 'object'`);
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_METADATA) {
    throw new ApiRefusal(403, `Maximum number of metadata items exceeds ${MAX_METADATA}`);
  }
  for (const [key, text] of entries) {
    if (typeof text !== "string") throw invalid(`${JSON.stringify(text)} is not of type 'string'`);
    if (key.length === 0 || key.length > 255 || text.length > 255) throw invalid(`'${text}' is too long`);
  }
  return Object.fromEntries(entries);
}

/** Nova's default quota of metadata items. */
const MAX_METADATA = 128;

/** `GET /servers/ID`. */
export function showServer(exchange: Exchange): ApiAnswer {
  const server = findServer(exchange);
  const shown = isCellDownAt(server, exchange.now)
    ? downServer(exchange, server, { alone: true }) ?? refuseDownCell()
    : fullServer(exchange, server, { now: exchange.now, withFault: true });
  return jsonAnswer(200, { server: shown });
}

/** `DELETE /servers/ID`; asking again while it is being deleted changes nothing. */
export function deleteServer(exchange: Exchange, strikes: Strikes): ApiAnswer {
  const server = namedServer(exchange);
  if (server.deleteAskedAt !== null) {
    exchange.effect = false;
    return emptyAnswer(204);
  }
  exchange.cloud.deleteServer(server);
  for (const { strike, blow } of strikes("deletion")) strike(blow, server, exchange.cloud);
  return emptyAnswer(204);
}

/** `GET /servers/ID/ips`. */
export function listServerAddresses(exchange: Exchange): ApiAnswer {
  const server = namedServer(exchange);
  return jsonAnswer(200, {
    addresses: addressesOf(exchange.cloud, server, { now: exchange.now, full: false }),
  });
}

/** `GET /servers/ID/metadata`. */
export function showMetadata(exchange: Exchange): ApiAnswer {
  return jsonAnswer(200, { metadata: namedServer(exchange).metadata });
}

/** `POST` (adds) and `PUT` (replaces) `/servers/ID/metadata`. */
export function changeMetadata({ replace }: { replace: boolean }): Handle {
  return (exchange) => {
    const server = namedServer(exchange);
    const given = metadataOf(exchange.section("metadata"));
    setMetadata(exchange, server, replace ? given : { ...server.metadata, ...given });
    return jsonAnswer(200, { metadata: server.metadata });
  };
}

/** `PUT /servers/ID/metadata/KEY`. */
export function setMetadataItem(exchange: Exchange): ApiAnswer {
  const server = namedServer(exchange);
  const key = exchange.param("key");
  const value = found(exchange.section("meta")[key], "Request body and URI mismatch", { status: 400 });
  setMetadata(exchange, server, metadataOf({ ...server.metadata, [key]: value }));
  return jsonAnswer(200, { meta: { [key]: value } });
}

/** `GET /servers/ID/metadata/KEY`. */
export function showMetadataItem(exchange: Exchange): ApiAnswer {
  const key = exchange.param("key");
  const value = found(namedServer(exchange).metadata[key], "Metadata item was not found");
  return jsonAnswer(200, { meta: { [key]: value } });
}

/** `DELETE /servers/ID/metadata/KEY`. */
export function deleteMetadataItem(exchange: Exchange): ApiAnswer {
  const server = namedServer(exchange);
  const { [exchange.param("key")]: old, ...rest } = server.metadata;
  found(old, "Metadata item was not found");
  setMetadata(exchange, server, rest);
  return emptyAnswer(204);
}

function setMetadata(exchange: Exchange, server: SimulatedServer, metadata: Record<string, string>): void {
  server.metadata = metadata;
  server.touchedAt = exchange.now;
}

/** The server of the path, unless it is gone or its cell is down. */
export function namedServer(exchange: Exchange): SimulatedServer {
  const server = findServer(exchange);
  if (isCellDownAt(server, exchange.now)) refuseDownCell();
  return server;
}

function refuseDownCell(): never {
  throw new ApiRefusal(
    500,
    "Unexpected API Error. Cell is not responding and hence instance info is not available.",
  );
}

function findServer(exchange: Exchange): SimulatedServer {
  const id = exchange.param("serverId");
  const { now } = exchange;
  const server = exchange.cloud.servers.get(id);
  if (server === undefined || statusAt(server, now) === "DELETED") {
    throw new ApiRefusal(404, `Instance ${id} could not be found.`);
  }
  exchange.server = server;
  return server;
}
